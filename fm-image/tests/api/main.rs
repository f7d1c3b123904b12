//! fm-image on the bus of a test, with a folder of its own for the files.
#![expect(clippy::unwrap_used, reason = "a test that is wired wrongly must stop")]

mod bad_files;
mod cars;
mod contracts;
mod crashes;
mod endings;
mod good_files;
mod orientation;
mod pictures;
mod removal;
mod schemas;
mod serving;
mod sweep;
mod upload;

use actix_web::{http::header::CONTENT_TYPE, test::TestRequest};
use cars::FakeCars;
use fm_image::{Files, Images, Picture, image};
use fm_sdk::{
    config::FilesUrl,
    store::{Driver, Sqlite},
    testing::{FakeClock, HttpReply, MockBus},
};
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

/// Files that are made of a picture.
pub const FILES: usize = 4;

/// fm-image, the fm-cars that it asks, its files and its clock.
pub struct Market {
    pub bus: MockBus<Images>,
    pub cars: FakeCars,
    pub files: Files,
    pub clock: FakeClock,
    store: Arc<dyn Driver>,
    folder: Arc<TempDir>,
}

impl Market {
    /// The car `a` belongs to the user `ann`, who is signed in.
    pub fn open() -> Self {
        let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().unwrap());
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::on(store, folder, FakeCars::with(&["a", "b"]), FakeClock::at("2026-05-01T09:00:00Z"))
    }
    fn on(store: Arc<dyn Driver>, folder: Arc<TempDir>, cars: FakeCars, clock: FakeClock) -> Self {
        let files = Files::open(&FilesUrl::Folder(folder.path().into())).unwrap();
        let service = image(Images::new(files.clone(), clock.clock()));
        let bus = cars.answer(MockBus::with_store(service, store.clone())).user("ann", &["cars:write"]);
        bus.from("fm-cars");
        Market { bus, cars, files, clock, store, folder }
    }
    /// Another instance after this one has died.
    pub fn restarted(&self) -> Self {
        Self::on(self.store.clone(), self.folder.clone(), self.cars.clone(), self.clock.clone())
    }
    pub async fn upload(&self, car: &str, files: &[(&str, &[u8])]) -> HttpReply {
        let parts: Vec<_> = files.iter().map(|(name, bytes)| part("images", name, bytes)).collect();
        self.bus.http(form(&parts).uri(&format!("/api/cars/{car}/images"))).await
    }
    /// Uploads one good file and gives its key.
    pub async fn uploaded(&self, car: &str, bytes: &[u8]) -> String {
        let reply = self.upload(car, &[("photo.jpg", bytes)]).await;
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        reply.json::<Value>()["images"][0]["key"].as_str().unwrap().into()
    }
    /// Takes a file away, as if it had never been made.
    pub fn removes_file(&self, key: &str, name: &str) {
        std::fs::remove_file(self.folder.path().join("images").join(&key[..2]).join(key).join(name)).unwrap();
    }
    pub async fn pictures(&self) -> Vec<Picture> {
        let all = self.bus.work().docs::<Picture>().list().await.unwrap();
        all.into_iter().map(|p| p.into_inner()).collect()
    }
}

/// One part of a form.
pub fn part(field: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let head =
        format!("Content-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

/// A form of these parts, whose boundary is `limit`.
pub fn body(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(b"--limit\r\n");
        body.extend_from_slice(part);
    }
    body.extend_from_slice(b"--limit--\r\n");
    body
}

pub fn form(parts: &[Vec<u8>]) -> TestRequest {
    TestRequest::post().insert_header((CONTENT_TYPE, "multipart/form-data; boundary=limit")).set_payload(body(parts))
}
