//! Small crates with and without cycles.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its crate must stop")]

use import_cycles::{Error, Problem, check};
use std::fs;
use tempfile::TempDir;

/// A crate called `fm-shop` with these files below `src`, and what `import-cycles.txt` says.
fn a_crate(files: &[(&str, &str)], known: Option<&str>) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"fm-shop\"\n").unwrap();
    for (file, text) in files {
        let path = folder.path().join("src").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    if let Some(known) = known {
        fs::write(folder.path().join("import-cycles.txt"), known).unwrap();
    }
    folder
}

fn problems(files: &[(&str, &str)], known: Option<&str>) -> Vec<String> {
    let folder = a_crate(files, known);
    check(folder.path()).unwrap().problems.iter().map(ToString::to_string).collect()
}

/// Where `bus` imports `store`, this text in `store.rs` closes a cycle.
fn closes_a_cycle(store: &str) -> bool {
    let files = [
        ("lib.rs", "mod bus;\nmod store;\npub use bus::Bus;"),
        ("bus.rs", "use crate::store::Doc; pub struct Bus(Doc);"),
        ("store.rs", store),
    ];
    let found = problems(&files, None);
    assert!(found.is_empty() || found.len() == 2, "an import and the one back: {found:?}");
    !found.is_empty()
}

#[test]
fn imports_in_one_direction_are_no_cycle() {
    assert!(!closes_a_cycle("pub struct Doc;"));
    assert!(!closes_a_cycle("use crate::store::Doc as Me; use super::store::Doc as Again; pub struct Doc; use std::fmt;"));
}

#[test]
fn every_way_to_name_another_module_is_an_import() {
    for import in [
        "use crate::bus::Bus;",
        "use crate::{bus::{Bus, self}};",
        "use crate::Bus as Renamed;",
        "use super::bus;",
        "use fm_shop::bus::Bus;",
        "pub use crate::bus::*;",
        "pub(crate) use crate::Bus;",
        "fn f(_: crate::bus::Bus) {}",
        "fn f() { let _ = super::Bus::new(); }",
        "impl crate::bus::Named for Doc {}",
        "fn f(x: Vec<Option<crate::Bus>>) {}",
        "fn f() { println!(\"{}\", [crate::bus::NAME]); }",
        "macro_rules! m { () => { $crate::bus::name() } }",
        "#[derive(Debug)] struct X { #[serde(default)] bus: super::Bus }",
        "mod below { use super::super::bus::Bus; }",
        "mod below { fn f(_: crate::Bus) {} }",
    ] {
        assert!(closes_a_cycle(&format!("pub struct Doc; {import}")), "{import}");
    }
}

#[test]
fn other_words_are_no_import() {
    for other in [
        "use bus::Bus;", // a crate of this name
        "fn f(bus: u8) { bus.store(); }",
        "mod bus {} use self::bus::*;",
        "mod below { use super::bus; }",
        "fn f() { println!(\"crate::bus\"); }",
        "//! See [`crate::bus`].\n",
    ] {
        assert!(!closes_a_cycle(&format!("{other}\npub struct Doc;")), "{other}");
    }
}

#[test]
fn code_for_tests_may_import_what_it_likes() {
    assert!(!closes_a_cycle("pub struct Doc; #[cfg(test)] mod tests { use crate::bus::Bus; }"));
    assert!(!closes_a_cycle("pub struct Doc; #[cfg(all(test, feature = \"x\"))] mod tests { use crate::bus::Bus; }"));
    assert!(!closes_a_cycle("pub struct Doc; #[cfg(test)] use crate::bus::Bus;"));
    assert!(closes_a_cycle("pub struct Doc; #[cfg(not(test))] use crate::bus::Bus;"));
    assert!(closes_a_cycle("pub struct Doc; #[cfg(feature = \"test\")] use crate::bus::Bus;"));
}

#[test]
fn a_cycle_through_files_in_folders_names_its_modules_and_files() {
    let files = [
        ("lib.rs", "mod bus; mod work; mod store;"),
        ("bus/mod.rs", "mod deep;"),
        ("bus/deep.rs", "mod deeper;"),
        ("bus/deep/deeper.rs", "use crate::work::Work;"),
        ("work.rs", "use super::store::Doc;"),
        ("store/mod.rs", "pub struct Doc; use crate::bus::Bus;"),
    ];
    let found = problems(&files, None);
    assert_eq!(
        found,
        [
            "src/bus/deep/deeper.rs imports work and closes the cycle bus -> work -> store -> bus",
            "src/store/mod.rs imports bus and closes the cycle store -> bus -> work -> store",
            "src/work.rs imports store and closes the cycle work -> store -> bus -> work",
        ]
    );
}

#[test]
fn items_of_the_root_count_as_a_module_of_their_own() {
    let uses_the_state = ("pages.rs", "use crate::Web; pub fn configure(_: &Web) {}");
    assert_eq!(
        problems(&[("lib.rs", "mod pages; pub struct Web; pub fn web() { pages::configure(&Web); }"), uses_the_state], None).len(),
        2
    );
    assert!(problems(&[("lib.rs", "mod pages; pub struct Web;"), uses_the_state], None).is_empty());
    assert!(
        problems(
            &[("lib.rs", "mod pages; mod web; pub use web::Web; pub use pages::configure;"), uses_the_state, ("web.rs", "pub struct Web;")],
            None
        )
        .is_empty()
    );
}

#[test]
fn an_exported_macro_belongs_to_the_module_that_defines_it() {
    let files = [
        ("lib.rs", "mod bus;\nmod message;"),
        ("bus.rs", "crate::messages! {}"),
        ("message.rs", "#[macro_export] macro_rules! messages { () => { $crate::bus::x() } }"),
    ];
    assert_eq!(problems(&files, None).len(), 2);
}

#[test]
fn importing_the_whole_root_is_refused() {
    let files = [("lib.rs", "mod bus; mod store;"), ("bus.rs", "use crate::*;"), ("store.rs", "")];
    assert_eq!(problems(&files, None), ["src/bus.rs imports the whole root of its crate by `*`: name what it needs"]);
}

const TWO: [(&str, &str); 3] =
    [("lib.rs", "mod bus; mod store;"), ("bus.rs", "use crate::store::Doc;"), ("store.rs", "use crate::bus::Bus;")];

#[test]
fn a_known_cycle_is_accepted_and_nothing_else() {
    let known = "# Being taken apart.\n\nbus -> store\nstore -> bus\n";
    assert!(problems(&TWO, Some(known)).is_empty());
    assert_eq!(problems(&TWO, Some("bus -> store")), ["src/store.rs imports bus and closes the cycle store -> bus -> store"]);
}

#[test]
fn a_known_import_that_closes_no_cycle_any_more_has_to_go() {
    let one_way = [TWO[0], TWO[1], ("store.rs", "")];
    let stale = check(a_crate(&one_way, Some("bus -> store\nstore -> bus")).path()).unwrap().problems;
    let line = |from: &str, to: &str| Problem::Stale { from: from.into(), to: to.into() };
    assert_eq!(stale, [line("bus", "store"), line("store", "bus")]);
}

#[test]
fn an_unreadable_file_is_an_error() {
    let broken = |files: &[(&str, &str)], known| check(a_crate(files, known).path()).unwrap_err();
    assert!(matches!(broken(&[("lib.rs", "mod bus;")], None), Error::Read { path, .. } if path.ends_with("bus/mod.rs")));
    assert!(matches!(broken(&[("lib.rs", "fn {")], None), Error::Parse { .. }));
    assert!(matches!(broken(&TWO, Some("bus store")), Error::KnownLine(line) if line == "bus store"));
}
