//! `docs/parity.md` names tests that exist.

use std::{fs, path::Path};

/// The sources of a folder, one after the other.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &sources(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all += &fs::read_to_string(&path).unwrap();
        }
    }
    all
}

/// Whether there is a test of this name: a function right behind an attribute that makes it one.
fn is_a_test(name: &str, sources: &str) -> bool {
    let (function, found) = (format!("fn {name}("), |before: &str| {
        let attribute = before.trim_end_matches("async ").trim_end().rsplit('\n').next().unwrap_or_default();
        attribute.trim().starts_with("#[") && attribute.contains("test")
    });
    sources.match_indices(&function).any(|(at, _)| found(&sources[..at]))
}

/// The rows of all tables, without their heads.
fn rows(page: &str) -> impl Iterator<Item = &str> {
    let lines = page.lines().zip(page.lines().skip(1).chain([""]));
    let is_row = |line: &str| line.starts_with("| ") && !line.starts_with("| ---");
    lines.filter(move |(line, next)| is_row(line) && !next.starts_with("| ---")).map(|(line, _)| line)
}

/// What is wrong with the rows of the page, each with the tests that show what it says.
fn faults(page: &str, sources: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for row in rows(page) {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        faults.extend(names.iter().filter(|name| !is_a_test(name, sources)).map(|name| format!("there is no test {name}")));
        if names.is_empty() && !["story", "screens", "not there yet"].iter().any(|word| shown_by.starts_with(word)) {
            faults.push(format!("no test shows it: {row}"));
        }
    }
    faults
}

fn all_sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    sources(&root.join("tests")) + &sources(&root.join("src"))
}

#[test]
fn each_row_of_the_page_is_shown_by_tests_that_exist() {
    let page = include_str!("../../docs/parity.md");
    let numbers = rows(page).filter_map(|row| row.split(" | ").next()?.strip_prefix("| ")?.parse().ok());
    assert_eq!(numbers.collect::<Vec<u32>>(), (1..=39).collect::<Vec<u32>>(), "the capabilities of the first table");
    assert!(rows(page).count() > 39 + 40, "{page}");
    assert_eq!(faults(page, &all_sources()), Vec::<String>::new());
}

#[test]
fn a_row_without_a_test_or_with_one_that_does_not_exist_is_a_fault() {
    let page = |shown_by: &str| {
        format!(
            "# Page\n\n| what | test |\n| --- | --- |\n| a thing | {shown_by} |\n\n| n | more | test |\n| --- | --- | --- |\n| 1 | another | story |\n"
        )
    };
    let this = "a_row_without_a_test_or_with_one_that_does_not_exist_is_a_fault";
    let sources = all_sources();
    for (shown_by, count) in [
        (format!("`{this}`, story"), 0),
        ("screens".into(), 0),
        (format!("`{this}`, `no_such_test_anywhere`"), 1),
        // A function that is no test.
        ("`all_sources`".into(), 1),
        ("somehow".into(), 1),
        (String::new(), 1),
    ] {
        assert_eq!(faults(&page(&shown_by), &sources).len(), count, "{shown_by}");
    }
}
