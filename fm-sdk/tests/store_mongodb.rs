//! The MongoDB store against the suite, and what only a server can do to it: be unreachable and come back.
#![cfg(feature = "mongodb")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::store::{Driver, MongoDb};
use fm_sdk_testing::servers::MongoServer;
use std::sync::Arc;

async fn fresh() -> Arc<dyn Driver> {
    Arc::new(MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap())
}
fm_sdk_testing::store_conformance!(fresh());

mod server {
    use fm_sdk::{
        Kind,
        store::{Driver, Guard, MongoDb, Spec, Write, Written},
    };
    use fm_sdk_testing::servers::MongoServer;
    use std::time::{Duration, Instant};

    const THINGS: [Spec; 1] = [Spec { collection: "things", indexes: &[] }];
    fn thing(id: &str) -> Write {
        let body = Some(serde_json::json!({ "id": id }));
        Write { collection: "things", id: id.into(), guard: Guard::Absent, body, messages: vec![], op: None, version: 1 }
    }

    #[actix_rt::test]
    async fn a_store_whose_server_is_unreachable_can_be_made_and_says_so_within_seconds() {
        let store = MongoDb::connect("mongodb://user:secret@127.0.0.1:1", "shop").await.unwrap();
        let asked = Instant::now();
        let e = store.ping().await.unwrap_err();
        assert_eq!(e.kind(), Kind::Unavailable);
        assert!(asked.elapsed() < Duration::from_secs(8), "after {:?}", asked.elapsed());
    }

    #[actix_rt::test]
    async fn a_connection_string_that_cannot_be_read_is_refused_without_its_password() {
        for url in ["", "http://x", "mongodb://user:secret@host:notaport"] {
            let Err(e) = MongoDb::connect(url, "shop").await else { panic!("{url} was taken") };
            assert_eq!(e.code(), "store-url");
            assert!(!e.message().contains("secret"));
        }
    }

    #[actix_rt::test]
    async fn a_server_that_comes_back_is_used_again_with_all_that_was_written() {
        let mut server = MongoServer::remembering().unwrap();
        let store = MongoDb::connect(server.url(), &MongoServer::fresh_database()).await.unwrap();
        store.prepare(THINGS.to_vec()).await.unwrap();
        assert_eq!(store.write(thing("1")).await.unwrap(), Written::Done);

        server.stop().unwrap();
        assert_eq!(store.write(thing("2")).await.unwrap_err().kind(), Kind::Unavailable);
        server.resume().unwrap();

        let down = Instant::now();
        while store.ping().await.is_err() {
            assert!(down.elapsed() < Duration::from_secs(20), "it does not come back");
        }
        assert!(store.peek("things", "1", None).await.unwrap().is_some());
        assert_eq!(store.write(thing("1")).await.unwrap(), Written::Exists);
        assert_eq!(store.write(thing("2")).await.unwrap(), Written::Done);
    }
}
