//! The documents that a service publishes of itself, as files beside its code, and what may change in them.

mod evolution;
mod http;
mod messages;

use super::MockBus;
use crate::{ResultExt, Service};
use serde_json::Value;
use std::{env, fs, path::Path};

/// The folder of the files, in that of the package.
const FOLDER: &str = "schemas";
const CHANGELOG: &str = "CHANGELOG.md";
const UNRELEASED: &str = "## Unreleased\n";
/// The variable that has the files written.
const VARIABLE: &str = "FM_RENEW_SCHEMAS";

impl<S: Send + Sync + 'static> MockBus<S> {
    /// Compares `schemas/asyncapi.json`, and `schemas/openapi.json` if the service describes its routes, with what the service says of
    /// itself. A file that differs is renewed by running the test with a variable:
    ///
    /// - `FM_RENEW_SCHEMAS=additions` writes what breaks nobody: further messages, routes and optional fields. It refuses the rest: what
    ///   was published or answered is gone, a field is removed, has another type, is now required of senders, or may now be absent for
    ///   readers.
    /// - `FM_RENEW_SCHEMAS=breaks` writes that too, and says in `CHANGELOG.md`, below "Unreleased", what breaks: one line for each path.
    ///
    /// # Panics
    /// If a file differs and is not renewed; the message names each path that breaks.
    #[track_caller]
    pub fn assert_schemas_published(&self) {
        let renew = match env::var(VARIABLE).ok().filter(|v| !v.is_empty()).as_deref() {
            None => Renew::Nothing,
            Some("additions") => Renew::Additions,
            Some("breaks") => Renew::Breaks,
            Some(other) => panic!("{VARIABLE}={other}: additions or breaks?"),
        };
        if let Err(why) = check(&self.service, Path::new("."), renew) {
            panic!("{why}");
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renew {
    Nothing,
    Additions,
    Breaks,
}

/// Tells what broke between two documents of one kind.
type Breaks = fn(&Value, &Value) -> Vec<String>;

fn check<S: Send + Sync + 'static>(service: &Service<S>, package: &Path, renew: Renew) -> Result<(), String> {
    let http = service.openapi_document().map_err(|e| e.chain())?;
    let documents = [("asyncapi.json", Some(service.asyncapi()), messages::breaks as Breaks), ("openapi.json", http, http::breaks)];
    let mut differing = Vec::new();
    for (name, document, breaks) in documents {
        let path = package.join(FOLDER).join(name);
        let published: Option<Value> = match fs::read(&path) {
            Ok(text) => Some(serde_json::from_slice(&text).map_err(|e| format!("{FOLDER}/{name}: {e}"))?),
            Err(_) => None,
        };
        if published == document {
            continue;
        }
        let none = Value::Null;
        let broken = breaks(published.as_ref().unwrap_or(&none), document.as_ref().unwrap_or(&none));
        if renew == Renew::Breaks || (renew == Renew::Additions && broken.is_empty()) {
            record(package, &broken)
                .and_then(|()| write(&path, document.as_ref()))
                .map_err(|e| format!("{FOLDER}/{name}: {}", e.chain()))?;
            continue;
        }
        differing.push(report(name, &broken));
    }
    if differing.is_empty() { Ok(()) } else { Err(differing.join("\n")) }
}

fn report(name: &str, broken: &[String]) -> String {
    if broken.is_empty() {
        return format!("{FOLDER}/{name} is not what the code says; nothing breaks: {VARIABLE}=additions cargo test");
    }
    format!(
        "{FOLDER}/{name} is not what the code says, and others would break:\n  {}\nIf that is meant: {VARIABLE}=breaks cargo test, which notes it in {CHANGELOG}",
        broken.join("\n  ")
    )
}

fn write(path: &Path, document: Option<&Value>) -> crate::Result<()> {
    let Some(document) = document else { return fs::remove_file(path).internal() };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).internal()?;
    }
    fs::write(path, serde_json::to_string_pretty(document).internal()? + "\n").internal()
}

/// Says what breaks, at the top of what is not released.
fn record(package: &Path, broken: &[String]) -> crate::Result<()> {
    if broken.is_empty() {
        return Ok(());
    }
    let path = package.join(CHANGELOG);
    let text = fs::read_to_string(&path).internal()?;
    let missing = || std::io::Error::other(format!("{CHANGELOG} has no section `{}`", UNRELEASED.trim()));
    let (before, after) = text.split_once(UNRELEASED).ok_or_else(missing).internal()?;
    let lines: String = broken.iter().map(|line| format!("- **Breaks others**: {line}\n")).collect();
    fs::write(path, format!("{before}{UNRELEASED}\n{lines}{}", after.trim_start_matches('\n'))).internal()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages;
    use serde_json::json;

    mod before {
        crate::messages! { event "car.listed" from "fm-x" Listed { id: String, price: i64 } }
    }
    mod added {
        crate::messages! { event "car.listed" from "fm-x" Listed { id: String, price: i64, year: Option<u16> } }
    }
    mod renamed {
        crate::messages! { event "car.listed" from "fm-x" Listed { id: String, cents: i64 } }
    }
    messages! { event "car.sold" from "fm-x" Sold { id: String } }

    fn service<E: crate::Event>() -> Service<()> {
        Service::new("fm-x", ()).version("1.0.0").publishes::<E>()
    }

    #[test]
    fn a_file_is_written_once_and_then_holds() {
        let package = tempfile::tempdir().unwrap();
        let service = service::<before::Listed>();
        assert!(check(&service, package.path(), Renew::Nothing).unwrap_err().contains("FM_RENEW_SCHEMAS=additions"));
        check(&service, package.path(), Renew::Additions).unwrap();
        check(&service, package.path(), Renew::Nothing).unwrap();
        assert!(!package.path().join("schemas/openapi.json").exists());
    }

    #[test]
    fn an_addition_needs_a_new_file_and_nothing_else() {
        let package = tempfile::tempdir().unwrap();
        check(&service::<before::Listed>(), package.path(), Renew::Additions).unwrap();
        let more = service::<added::Listed>().publishes::<Sold>();
        let why = check(&more, package.path(), Renew::Nothing).unwrap_err();
        assert!(why.contains("nothing breaks"), "{why}");
        check(&more, package.path(), Renew::Additions).unwrap();
        check(&more, package.path(), Renew::Nothing).unwrap();
    }

    #[test]
    fn a_break_is_refused_with_its_path_and_accepted_with_a_line_in_the_changelog() {
        let package = tempfile::tempdir().unwrap();
        let changelog = package.path().join(CHANGELOG);
        check(&service::<before::Listed>().publishes::<Sold>(), package.path(), Renew::Additions).unwrap();
        let changed = service::<renamed::Listed>();
        for renew in [Renew::Nothing, Renew::Additions] {
            let why = check(&changed, package.path(), renew).unwrap_err();
            assert!(why.contains("\n  car.listed.price: removed\n"), "{why}");
            assert!(why.contains("\n  car.sold: no longer published\n"), "{why}");
        }
        assert!(check(&changed, package.path(), Renew::Breaks).is_err(), "there is no changelog to say it in");
        fs::write(&changelog, "# Changelog\n\n## Unreleased\n\n- Faster.\n").unwrap();
        check(&changed, package.path(), Renew::Breaks).unwrap();
        check(&changed, package.path(), Renew::Nothing).unwrap();
        let text = fs::read_to_string(changelog).unwrap();
        let lines = "- **Breaks others**: car.listed.price: removed\n- **Breaks others**: car.sold: no longer published\n";
        assert_eq!(text, format!("# Changelog\n\n## Unreleased\n\n{lines}- Faster.\n"));
    }

    #[test]
    fn the_routes_are_compared_too() {
        let package = tempfile::tempdir().unwrap();
        let routes = |path: &'static str| service::<Sold>().openapi(move || json!({"paths": {path: {"get": {"responses": {}}}}}));
        check(&routes("/a"), package.path(), Renew::Additions).unwrap();
        let why = check(&routes("/b"), package.path(), Renew::Additions).unwrap_err();
        assert!(why.contains("schemas/openapi.json") && why.contains("GET /a: removed"), "{why}");
        let why = check(&service::<Sold>(), package.path(), Renew::Additions).unwrap_err();
        assert!(why.contains("GET /a: removed"), "{why}");
    }
}
