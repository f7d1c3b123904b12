//! `docs/parity.md` names tests that exist.

use std::{fs, path::Path};

/// The files of a folder that end like this, one after the other.
fn sources(folder: &Path, end: &str) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            all += &sources(&path, end);
        } else if path.extension().is_some_and(|e| e == end) {
            all += &fs::read_to_string(&path).unwrap();
        }
    }
    all
}

struct Tests {
    rust: String,
    browser: String,
}

impl Tests {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rust = sources(&root.join("tests"), "rs") + &sources(&root.join("src"), "rs");
        Tests { rust, browser: sources(&root.join("tests/browser"), "mjs") }
    }
    /// Whether there is such a test: a function right behind an attribute that makes it one, or, in quotation marks, a step in a browser.
    fn have(&self, name: &str) -> bool {
        if name.starts_with('"') {
            return self.browser.contains(&format!("does({name}, "));
        }
        let function = format!("fn {name}(");
        let is_test = |before: &str| {
            let attribute = before.trim_end_matches("async ").trim_end().rsplit('\n').next().unwrap_or_default().trim();
            attribute.starts_with("#[") && attribute.contains("test")
        };
        self.rust.match_indices(&function).any(|(at, _)| is_test(&self.rust[..at]))
    }
    /// What is wrong with the rows of the page, each with the tests that show what it says.
    fn faults(&self, page: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for row in rows(page) {
            let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
            let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
            faults.extend(names.iter().filter(|name| !self.have(name)).map(|name| format!("there is no test {name}")));
            if names.is_empty() && !shown_by.starts_with("not there yet") {
                faults.push(format!("no test shows it: {row}"));
            }
        }
        faults
    }
}

/// The rows of all tables, without their heads.
fn rows(page: &str) -> impl Iterator<Item = &str> {
    let lines = page.lines().zip(page.lines().skip(1).chain([""]));
    let is_row = |line: &str| line.starts_with("| ") && !line.starts_with("| ---");
    lines.filter(move |(line, next)| is_row(line) && !next.starts_with("| ---")).map(|(line, _)| line)
}

#[test]
fn each_row_of_the_page_is_shown_by_tests_that_exist() {
    let page = include_str!("../../docs/parity.md");
    let numbers = rows(page).filter_map(|row| row.split(" | ").next()?.strip_prefix("| ")?.parse().ok());
    assert_eq!(numbers.collect::<Vec<u32>>(), (1..=33).collect::<Vec<u32>>(), "what people expect");
    assert_eq!(Tests::read().faults(page), Vec::<String>::new());
}

#[test]
fn a_row_without_a_test_or_with_one_that_does_not_exist_is_a_fault() {
    let this = "`a_row_without_a_test_or_with_one_that_does_not_exist_is_a_fault`";
    let tests = Tests::read();
    for (shown_by, count) in [
        (format!("{this}, `\"a message is written\"`"), 0),
        ("not there yet: it waits".into(), 0),
        (format!("{this}, `no_such_test_anywhere`"), 1),
        ("`\"no such step anywhere\"`".into(), 1),
        // A function that is no test.
        ("`sources`".into(), 1),
        ("somehow".into(), 1),
        (String::new(), 1),
    ] {
        let page = format!("| what | test |\n| --- | --- |\n| a thing | {shown_by} |\n");
        assert_eq!(tests.faults(&page).len(), count, "{shown_by}");
    }
}
