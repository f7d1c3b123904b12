//! The same service on a bucket, served by a real S3 implementation over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that is wired wrongly must stop")]
#![cfg(feature = "s3")]

use actix_web::{http::header::CONTENT_TYPE, test::TestRequest};
use fm_image::{
    Files, Images,
    messages::{AttachImages, Attached, CarRemoved, MayEdit},
};
use fm_sdk::{
    Clock, Service,
    config::FilesUrl,
    testing::{HttpReply, MockBus},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use std::{net::SocketAddr, sync::mpsc, thread};
use tempfile::TempDir;

/// A server on a thread of its own, with the bucket `pictures`, for the user `me` and a secret that a URL must encode.
fn server() -> (SocketAddr, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pictures")).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
    builder.set_auth(SimpleAuth::from_single("me", "s3/cret+"));
    let service = builder.build();
    let (told, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
    });
    (address.recv().unwrap(), folder)
}

fn service(url: &str) -> (Service<Images>, Files) {
    let FilesUrl::S3(url) = url.parse().unwrap() else { panic!("not S3") };
    let files = Files::open(&FilesUrl::S3(url)).unwrap();
    (fm_image::image(Images::new(files.clone(), Clock::system())), files)
}

async fn upload(bus: &MockBus<Images>) -> HttpReply {
    let mut photo = Vec::new();
    JpegEncoder::new(&mut photo).encode(&[90; 400 * 300 * 3], 400, 300, ExtendedColorType::Rgb8).unwrap();
    let head = b"--limit\r\nContent-Disposition: form-data; name=\"images\"; filename=\"x\"\r\n\r\n";
    let body = [head.as_slice(), &photo, b"\r\n--limit--\r\n"].concat();
    let request = TestRequest::post().uri("/api/cars/a/images").insert_header((CONTENT_TYPE, "multipart/form-data; boundary=limit"));
    bus.http(request.set_payload(body)).await
}

#[actix_rt::test]
async fn pictures_are_kept_served_and_deleted_in_a_bucket() {
    let (address, _folder) = server();
    let (service, files) = service(&format!("s3://me:s3%2Fcret%2B@{address}/pictures"));
    let bus = MockBus::for_service(service)
        .answer::<MayEdit>(|_| Ok(true))
        .answer::<AttachImages>(|m| Ok(Attached { images: m.images }))
        .user("ann", &["cars:write"]);
    bus.from("fm-cars");
    let reply = upload(&bus).await;
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    let key = reply.json::<serde_json::Value>()["images"][0]["key"].as_str().unwrap().to_string();
    assert_eq!(files.list().await.unwrap().len(), 4);
    let shown = bus.get(&format!("/images/{key}/thumb")).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(image::load_from_memory(&shown.body).unwrap().width(), 320);
    assert_eq!(bus.get("/images/0123456789abcdef0123456789abcdef/full").await.status, 404);
    bus.deliver(CarRemoved { id: "a".into() }).await.acked();
    bus.deliver(CarRemoved { id: "a".into() }).await.acked();
    assert_eq!(bus.get(&format!("/images/{key}/thumb")).await.status, 404);
    assert!(files.list().await.unwrap().is_empty());
}

#[actix_rt::test]
async fn a_bucket_that_denies_access_fails_the_start() {
    let (address, _folder) = server();
    for url in [format!("s3://me:wrong@{address}/pictures"), "s3://me:x@127.0.0.1:1/pictures".into()] {
        let error = service(&url).1.check().await.unwrap_err();
        assert_eq!(error.kind(), fm_sdk::Kind::Unavailable, "{url}: {error:?}");
    }
}
