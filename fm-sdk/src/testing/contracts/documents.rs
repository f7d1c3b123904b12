//! Whose a path is, and how it is written with its parameters: what the OpenAPI documents beside the tests say.

use serde_json::Value;
use std::{fs, path::Path};

/// The operations of some services.
#[derive(Default)]
pub(super) struct Documents(Vec<Operation>);

pub(super) struct Operation {
    pub service: String,
    method: String,
    /// `/api/cars/{id}`.
    pub template: String,
    statuses: Vec<String>,
}

impl Documents {
    /// Those of the services behind a gateway: each `SERVICE.json` of a folder. Empty files are documents to come.
    pub fn in_folder(folder: &Path) -> Self {
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut documents = Documents::default();
        for file in files.filter(|file| file.extension().is_some_and(|e| e == "json")) {
            documents.read(&file.file_stem().unwrap_or_default().to_string_lossy(), &file);
        }
        documents
    }
    /// The one of a service.
    pub fn of(service: &str, file: &Path) -> Self {
        let mut documents = Documents::default();
        documents.read(service, file);
        documents
    }
    fn read(&mut self, service: &str, file: &Path) {
        let document: Value = fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        for (template, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let statuses = operation["responses"].as_object().into_iter().flatten().map(|(status, _)| status.clone()).collect();
                let (service, method) = (service.to_owned(), method.to_uppercase());
                self.0.push(Operation { service, method, template: template.clone(), statuses });
            }
        }
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The operation that is at a path; one without parameters goes before one with some.
    pub fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let fitting = self.0.iter().filter(|operation| operation.method == method && fits(&operation.template, path));
        fitting.min_by_key(|operation| operation.template.matches('{').count())
    }
}

impl Operation {
    pub fn answers(&self, status: u16) -> bool {
        self.statuses.contains(&status.to_string())
    }
}

fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    template.split('/').all(|part| parts.next().is_some_and(|given| part.starts_with('{') || part == given)) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_belongs_to_the_service_that_describes_it() {
        let folder = tempfile::tempdir().unwrap();
        let get = json!({"get": {"responses": {"200": {}, "404": {}}}});
        let cars = json!({"paths": {"/api/cars/{id}": get, "/api/cars/count": get}});
        fs::write(folder.path().join("fm-cars.json"), cars.to_string()).unwrap();
        fs::write(folder.path().join("fm-image.json"), json!({"paths": {"/api/cars/{id}/images": get}}).to_string()).unwrap();
        fs::write(folder.path().join("fm-new.json"), "").unwrap();
        let documents = Documents::in_folder(folder.path());
        let find = |method, path| documents.find(method, path).map(|o| (o.service.as_str(), o.template.as_str()));
        assert_eq!(find("GET", "/api/cars/7"), Some(("fm-cars", "/api/cars/{id}")));
        assert_eq!(find("GET", "/api/cars/count"), Some(("fm-cars", "/api/cars/count")));
        assert_eq!(find("GET", "/api/cars/7/images"), Some(("fm-image", "/api/cars/{id}/images")));
        assert_eq!((find("POST", "/api/cars/7"), find("GET", "/api/cars")), (None, None));
        let car = documents.find("GET", "/api/cars/7").unwrap();
        assert!(car.answers(404) && !car.answers(409));
        assert!(Documents::in_folder(&folder.path().join("nowhere")).is_empty());
    }
}
