//! What an import takes, told apart by its form.

use crate::table::{
    Table,
    import::{self, Import},
};
use actix_web::web;
use fm_sdk::{Error, Kind, Result, ResultExt};
use serde::Deserialize;
use serde_json::Value;

/// The longest name of a document that a comment repeats, in characters.
const MAX_NAME: usize = 200;

/// What an export gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The version of its form; there is one.
    #[serde(rename = "backup")]
    _format: Option<u32>,
    at: Option<String>,
    revision: Option<i64>,
    table: Table,
}

/// Something to import.
pub enum Upload {
    /// A whole table, which takes the place of the one in force.
    Backup(Box<Backup>),
    /// Routes that are added to it.
    Routes(Import),
}

impl Upload {
    /// Reads an export, an OpenAPI 3 document, whose routes lead to `service`, or a list of paths.
    ///
    /// # Errors
    /// `Malformed`, code `import-invalid`, for what is none of them; `Invalid`, if the service is missing.
    pub async fn read(content: Value, service: &str) -> Result<Upload> {
        let service = service.to_owned();
        // A large document takes longer than others should wait for.
        web::block(move || Upload::parse(content, &service)).await.internal()?
    }

    fn parse(content: Value, service: &str) -> Result<Upload> {
        let service = service.trim();
        let invalid = |why: String| Error::new(Kind::Malformed, "import-invalid", why);
        if content.is_array() {
            return import::list(&content).map(Upload::Routes).map_err(invalid);
        }
        if content.get("openapi").is_some() {
            if service.is_empty() {
                return Err(Error::field("service", "an OpenAPI document needs the service that its routes lead to"));
            }
            return import::openapi(&content, service).map(Upload::Routes).map_err(invalid);
        }
        serde_json::from_value(content).map(|backup| Upload::Backup(Box::new(backup))).map_err(|e| invalid(e.to_string()))
    }

    /// What could not be carried over as it is.
    pub fn warnings(&self) -> &[String] {
        match self {
            Upload::Backup(_) => &[],
            Upload::Routes(import) => &import.warnings,
        }
    }

    /// Where it comes from, for the history.
    pub fn comment(&self) -> String {
        match self {
            Upload::Routes(import) => {
                let plain = |c: char| if c.is_control() { ' ' } else { c };
                let note: String = import.table.note.chars().map(plain).take(MAX_NAME).collect();
                format!("{} routes, {note}", import.table.routes.len())
            }
            Upload::Backup(backup) => match (backup.revision, &backup.at) {
                (Some(revision), Some(at)) => format!("Import a backup of revision {revision} from {at}"),
                _ => "Import a backup".into(),
            },
        }
    }

    /// The table with what is imported.
    pub fn applied_to(self, current: &Table) -> Table {
        match self {
            Upload::Backup(backup) => backup.table,
            Upload::Routes(import) => import.added_to(current),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_format_of_an_import_is_detected() {
        let document = json!({"openapi": "3.1.0", "info": {"title": "Cars\n2", "version": "1"}, "paths": {"/cars": {"get": {}}}});
        let table = json!({"format": 1, "routes": []});
        for (content, service, comment) in [
            (json!({"table": table}), "", "Import a backup"),
            (json!({"table": table, "revision": 7, "at": "2026-05-01"}), "", "Import a backup of revision 7 from 2026-05-01"),
            (document, "fm-cars", "1 routes, imported from Cars 2 1"),
            (json!([{"path": "/a", "target": "a"}, {"path": "/b", "target": "a"}]), "", "2 routes, imported from a list"),
        ] {
            assert_eq!(Upload::parse(content, service).unwrap().comment(), comment);
        }
    }

    #[test]
    fn an_invalid_import_is_refused_with_the_reason() {
        for (content, kind, why) in [
            (json!({"openapi": "3.1.0", "paths": {}}), Kind::Invalid, "service"),
            (json!({"table": {"format": 1, "routes": []}, "more": 1}), Kind::Malformed, "unknown field `more`"),
            (json!({"swagger": "2.0"}), Kind::Malformed, "unknown field `swagger`"),
            (json!([]), Kind::Malformed, "the list is empty"),
        ] {
            let Err(error) = Upload::parse(content, " ") else { panic!("{why}") };
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
