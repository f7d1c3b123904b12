//! Reads a table from one file, or from all `*.json` files of a folder, and says where in them something is wrong.

use crate::{
    pipeline::{Catalogue, check},
    table::{FORMAT, Group, Problem, Problems, Route, Table},
};
use fm_sdk::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::{Path, PathBuf},
};

/// The table of some files, and where its routes stand in them.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub table: Table,
    places: Vec<Place>,
}

/// Where a route begins.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: PathBuf,
    line: usize,
}

/// A table whose routes are not read yet, so that each keeps its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outline<'t> {
    format: u32,
    #[serde(default)]
    note: String,
    #[serde(default)]
    groups: BTreeMap<String, Group>,
    #[serde(borrow)]
    routes: Vec<&'t RawValue>,
}

/// Reads the files at a path, by name, and checks the table that they make together.
///
/// # Errors
/// `Invalid`, code `table-invalid`: all that is wrong, a line for each, beginning with file and line. `Malformed`, code `file`, if there is
/// nothing to read.
pub fn load(path: &Path, plugins: &Catalogue) -> Result<Loaded> {
    let loaded = merge(&contents(path)?).map_err(|lines| Error::new(Kind::Invalid, "table-invalid", lines.join("\n")))?;
    check(&loaded.table, plugins).map_err(|Problems(problems)| {
        let lines: Vec<String> = problems.iter().map(|problem| loaded.located(problem)).collect();
        Error::new(Kind::Invalid, "table-invalid", lines.join("\n"))
    })?;
    Ok(loaded)
}

/// The files at a path and what they say, in the order of their names.
///
/// # Errors
/// `Malformed`, code `file`.
pub(super) fn contents(path: &Path) -> Result<Vec<(PathBuf, String)>> {
    let cannot = |path: &Path, e: std::io::Error| Error::new(Kind::Malformed, "file", format!("{}: {e}", path.display()));
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
        files = entries.map_err(|e| cannot(path, e))?;
        let hidden = |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        files.retain(|file| file.extension().is_some_and(|ext| ext == "json") && !hidden(file) && file.is_file());
        files.sort();
    }
    if files.is_empty() {
        return Err(Error::new(Kind::Malformed, "file", format!("{}: there is no *.json file", path.display())));
    }
    files.into_iter().map(|file| fs::read_to_string(&file).map(|text| (file.clone(), text)).map_err(|e| cannot(&file, e))).collect()
}

fn merge(files: &[(PathBuf, String)]) -> std::result::Result<Loaded, Vec<String>> {
    let mut loaded = Loaded { table: Table::empty(), places: Vec::new() };
    let (mut wrong, mut notes) = (Vec::new(), Vec::new());
    for (file, text) in files {
        let outline: Outline<'_> = match serde_json::from_str(text) {
            Ok(outline) => outline,
            Err(e) => {
                wrong.push(format!("{}:{}:{}: {}", file.display(), e.line(), e.column(), without_place(&e)));
                continue;
            }
        };
        if outline.format != FORMAT {
            wrong.push(format!("{}: format: this gateway reads format {FORMAT} [format-unknown]", file.display()));
        }
        for (name, group) in outline.groups {
            match loaded.table.groups.entry(name) {
                Entry::Vacant(entry) => drop(entry.insert(group)),
                Entry::Occupied(entry) => {
                    wrong.push(format!("{}: another file has the group {:?} [group-twice]", file.display(), entry.key()))
                }
            }
        }
        notes.extend(Some(outline.note).filter(|note| !note.is_empty()));
        for raw in outline.routes {
            // The text of a route is a piece of the file's.
            let before = &text[..raw.get().as_ptr() as usize - text.as_ptr() as usize];
            let line = before.matches('\n').count() + 1;
            match serde_json::from_str::<Route>(raw.get()) {
                Ok(route) => {
                    if let Some(n) = loaded.table.routes.iter().position(|other| other.id == route.id) {
                        let Place { file: other, line: there } = &loaded.places[n];
                        let said = format!("another route has the id {:?}, at {}:{there} [route-id-twice]", route.id, other.display());
                        wrong.push(format!("{}:{line}: {said}", file.display()));
                        continue;
                    }
                    loaded.table.routes.push(route);
                    loaded.places.push(Place { file: file.clone(), line });
                }
                Err(e) => {
                    let column =
                        if e.line() == 1 { before.len() - before.rfind('\n').map_or(0, |at| at + 1) + e.column() } else { e.column() };
                    wrong.push(format!("{}:{}:{column}: {}", file.display(), line + e.line() - 1, without_place(&e)));
                }
            }
        }
    }
    loaded.table.note = notes.join("; ");
    if wrong.is_empty() { Ok(loaded) } else { Err(wrong) }
}

/// The message alone: the place within a route is not that in its file.
fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.split(" at line ").next().unwrap_or_default().to_owned()
}

impl Loaded {
    /// A problem with the file and line where its route begins.
    fn located(&self, problem: &Problem) -> String {
        let name = problem.at.strip_prefix("routes[").and_then(|rest| rest.split(']').next());
        let of_id = |name: &str| self.table.routes.iter().position(|route| route.id == name);
        let place = name.and_then(|name| of_id(name).or_else(|| name.strip_prefix('#')?.parse().ok())).and_then(|n| self.places.get(n));
        match place {
            Some(Place { file, line }) => format!("{}:{line}: {problem}", file.display()),
            None => problem.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"format": 1, "note": "cars", "routes": [
  {"id": "cars", "path": "/cars", "public": true, "plugins": [{"plugin": "respond"}]}
]}"#;

    fn loaded(files: &[(&str, &str)]) -> Result<Loaded> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let loaded = load(folder.path(), &Catalogue::shipped());
        loaded.map_err(|e| Error::new(e.kind(), "x", e.fault().message.replace(&format!("{}/", folder.path().display()), "")))
    }

    #[test]
    fn files_of_a_folder_make_one_table() {
        let web = GOOD.replace("cars", "web").replace("\"path\": \"/web\"", "\"path\": \"/**\"");
        let all = loaded(&[("b.json", GOOD), ("a.json", &web), (".hidden.json", "{"), ("notes.txt", "?")]).unwrap().table;
        assert_eq!(all.routes.iter().map(|route| route.id.as_str()).collect::<Vec<_>>(), ["web", "cars"]);
        assert_eq!(all.note, "web; cars");
    }

    #[test]
    fn groups_are_read_of_all_files_and_each_of_one() {
        let web = GOOD.replace("cars", "web");
        let with = |text: &str, name: &str| {
            text.replace("\"routes\"", &format!("\"groups\": {{\"{name}\": {{\"plugins\": [{{\"plugin\": \"ip\", \"settings\": {{\"deny\": [\"9.9.9.9\"]}}}}]}}}}, \"routes\""))
        };
        let all = loaded(&[("a.json", &with(GOOD, "cars")), ("b.json", &with(&web, "web"))]).unwrap().table;
        assert_eq!(all.groups.keys().collect::<Vec<_>>(), ["cars", "web"]);
        let said = loaded(&[("a.json", &with(GOOD, "cars")), ("b.json", &with(&web, "cars"))]).unwrap_err().fault().message;
        assert_eq!(said, "b.json: another file has the group \"cars\" [group-twice]");
    }

    #[test]
    fn every_error_is_reported_with_file_and_line() {
        let second = |route: &str| GOOD.replace("\n]}", &format!(",\n\n  {route}\n]}}"));
        for (text, expected) in [
            ("{\"format\": 1,\n \"routes\": [}".to_owned(), "b.json:2:13: "),
            ("{\"format\": 1,\n \"colour\": 1, \"routes\": []}".to_owned(), "b.json:2:9: unknown field `colour`"),
            (GOOD.replace("1,", "7,").replace("cars", "x"), "b.json: format: "),
            (second("{\"id\": \"x\", \"path\": \"/x\",\n \"colour\": 1, \"plugins\": []}"), "b.json:5:9: unknown field `colour`"),
            (second("{\"id\": \"x\", \"path\": 7, \"plugins\": []}"), "b.json:4:23: invalid type"),
            (
                second("{\"id\": \"x\", \"path\": \"x\", \"public\": true, \"plugins\": [{\"plugin\": \"respond\"}]}"),
                "b.json:4: routes[x].path: ",
            ),
            (
                second("{\"id\": \"\", \"path\": \"/x\", \"public\": true, \"plugins\": [{\"plugin\": \"respond\"}]}"),
                "b.json:4: routes[#2]: ",
            ),
            (GOOD.to_owned(), "b.json:2: another route has the id \"cars\", at a.json:2"),
        ] {
            let text = if text == GOOD { text } else { text.replace("cars", "more") };
            let said = loaded(&[("a.json", GOOD), ("b.json", &text)]).unwrap_err().fault().message;
            assert!(said.lines().any(|line| line.starts_with(expected)), "{expected:?}\n{said}");
        }
        assert!(loaded(&[("a.txt", GOOD)]).unwrap_err().fault().message.contains("there is no *.json file"));
    }
}
