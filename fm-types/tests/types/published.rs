//! The modules of this crate are what the documents in `schemas/` give.
//!
//! `FM_RENEW_TYPES=1 cargo test --test types` writes them (`scripts/types` of the checkout brings the documents, too).

use crate::generator;
use serde_json::Value;
use std::{fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The service's name and its document.
pub fn documents() -> Vec<(String, Value)> {
    let mut documents: Vec<_> = fs::read_dir(Path::new(ROOT).join("schemas"))
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let document = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), document)
        })
        .collect();
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    documents
}

/// Fails unless a file is what was generated. Where `FM_RENEW_TYPES` is set, it becomes that; without content it goes.
pub fn compare(file: &str, expected: Option<String>) {
    let path = Path::new(ROOT).join(file);
    if std::env::var_os("FM_RENEW_TYPES").is_some() {
        match &expected {
            Some(module) => fs::write(&path, module).unwrap(),
            None => drop(fs::remove_file(&path)),
        }
    }
    assert!(fs::read_to_string(&path).ok() == expected, "{file} is not what the document gives: FM_RENEW_TYPES=1 cargo test --test types");
}

#[test]
fn the_modules_are_generated_from_the_documents() {
    let root = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    for (service, document) in documents() {
        let name = service.trim_start_matches("fm-").replace('-', "_");
        let module = generator::module(&document);
        assert_eq!(
            root.contains(&format!("\npub mod {name};\n")),
            module.is_some(),
            "src/lib.rs declares `pub mod {name};` if there is one"
        );
        compare(&format!("src/{name}.rs"), module);
    }
}
