//! The files of a crate, as its module tree has them.

use crate::Error;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use syn::{Attribute, Item, Meta};

/// A parsed file and the module that it is.
pub struct Module {
    pub path: Vec<String>,
    pub file: String,
    pub items: Vec<Item>,
}

/// A crate: its name as paths have it, and its modules, the root first.
pub struct CrateSource {
    pub name: String,
    pub modules: Vec<Module>,
}

impl CrateSource {
    /// The modules that the root declares.
    pub fn top_level(&self) -> BTreeSet<&str> {
        self.modules.iter().filter_map(|m| m.path.first()).map(String::as_str).collect()
    }
    pub fn root(&self) -> &Module {
        &self.modules[0]
    }
}

/// Reads the library of a crate, or its program if it has no library.
pub fn read(folder: &Path) -> Result<CrateSource, Error> {
    let manifest = folder.join("Cargo.toml");
    let name = package_name(&text(&manifest)?).ok_or_else(|| Error::NoName(manifest.display().to_string()))?;
    let source = folder.join("src");
    let root = if source.join("lib.rs").exists() { source.join("lib.rs") } else { source.join("main.rs") };
    let mut modules = Vec::new();
    read_file(folder, root, &source, vec![], &mut modules)?;
    Ok(CrateSource { name: name.replace('-', "_"), modules })
}

fn package_name(manifest: &str) -> Option<String> {
    let package = manifest.lines().skip_while(|line| line.trim() != "[package]").skip(1).take_while(|line| !line.starts_with('['));
    let mut names = package.filter_map(|line| line.split_once('=')).filter(|(key, _)| key.trim() == "name");
    names.next().map(|(_, value)| value.trim().trim_matches('"').to_string())
}

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.display().to_string(), source })
}

/// `children`: the folder where the modules that this file declares lie.
fn read_file(folder: &Path, path: PathBuf, children: &Path, module: Vec<String>, modules: &mut Vec<Module>) -> Result<(), Error> {
    let parsed = syn::parse_file(&text(&path)?).map_err(|source| Error::Parse { path: path.display().to_string(), source })?;
    let file = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
    let declared = declared(&parsed.items, &[]);
    modules.push(Module { path: module.clone(), file, items: parsed.items });
    for below in declared {
        let mut at = children.to_path_buf();
        below.iter().for_each(|segment| at.push(segment));
        let flat = at.with_extension("rs");
        let path = if flat.exists() { flat } else { at.join("mod.rs") };
        read_file(folder, path, &at, [module.clone(), below].concat(), modules)?;
    }
    Ok(())
}

/// The modules that a file declares and that have a file of their own, also within inline modules.
fn declared(items: &[Item], above: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for item in items {
        let Item::Mod(module) = item else { continue };
        if only_for_tests(&module.attrs) {
            continue;
        }
        let path = [above, &[module.ident.to_string()]].concat();
        match &module.content {
            None => found.push(path),
            Some((_, items)) => found.extend(declared(items, &path)),
        }
    }
    found
}

/// Whether `#[cfg(test)]` or `#[cfg(all(test, ..))]` stands there.
pub fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || (condition.starts_with("all(") && condition[4..].trim_end_matches(')').split(',').any(|c| c == "test"))
        }
        _ => false,
    })
}
