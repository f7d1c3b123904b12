//! What is put is got, or refused in a way that says why.

use super::*;
use fm_sdk::Kind;

cases! { $ store_values
    async fn a_stored_value_is_read_back(driver) {
        let shop = Shop::open(driver).await;
        let body = json!({ "id": "1", "name": "ü 🚗", "empty": "", "n": i64::MAX, "low": i64::MIN, "x": 0.1, "whole": 1.0, "on": true,
            "tags": ["a", 1, false, []], "map": { "inner": { "none": null } }, "list": [null], "text": "line\nbreak\u{1}" });
        shop.put([("1", body.clone())]).await;
        assert_eq!(shop.peek("1").await, Some(Stored { id: "1".into(), version: 1, body: Some(body.clone()), seen: false }));
        assert_eq!(shop.0.read(all()).await.expect("reads")[0].body, Some(body));
    }
    async fn an_unknown_document_is_none(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.peek("1").await, None);
        assert_eq!(shop.0.peek(THINGS, "1", Some("op")).await.expect("peeks"), None);
    }
    async fn ids_may_be_any_text(driver) {
        let shop = Shop::open(driver).await;
        for id in ["", " ", "a.b", "$a", "a/b", "';--", "ü", "0"] {
            shop.put([(id, json!({ "id": id }))]).await;
            assert_eq!(shop.body(id).await["id"], id);
        }
        assert_eq!(shop.0.count(all()).await.expect("counts"), 8);
    }
    async fn a_field_that_is_null_is_a_missing_one(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "id": "1", "key": null })), ("2", json!({ "id": "2", "key": null }))]).await;
        assert_eq!(shop.body("1").await, json!({ "id": "1" }));
        assert_eq!(shop.ids(Test::Exists("key", true)).await, "");
    }
    async fn numbers_beyond_64_bits_with_sign_are_refused(driver) {
        let shop = Shop::open(driver).await;
        for body in [json!({ "n": u64::MAX }), json!({ "map": { "deep": [1, { "n": i64::MAX as u64 + 1 }] } })] {
            let e = shop.0.write(insert("1", body)).await.expect_err("is refused");
            assert_eq!((e.kind(), e.code()), (Kind::Invalid, "number-too-large"));
            assert!(!e.fields().is_empty());
        }
        let e = shop.0.read(Query { test: Some(Test::Eq("n", json!(u64::MAX))), ..all() }).await.expect_err("is refused");
        assert_eq!(e.code(), "number-too-large");
        assert_eq!(shop.peek("1").await, None);
    }
    async fn keys_with_dots_and_dollars_survive(driver) {
        let shop = Shop::open(driver).await;
        let body = json!({ "id": "1", "map": { "a.b": 1, "$set": { "$x.y": [{ ".": 1 }] }, "%": 2, "%2E": 3, "": 4, "_id": 5, "0": 6 }, "a.b": 7, "$c": 8 });
        shop.put([("1", body.clone())]).await;
        assert_eq!(shop.body("1").await, body);
        let body = json!({ "id": "1", "$inc": { "n.": 1 } });
        assert_eq!(shop.write(change("1", 1, body.clone())).await, Written::Done);
        assert_eq!(shop.body("1").await, body);
    }
    async fn keys_with_nul_are_refused(driver) {
        let shop = Shop::open(driver).await;
        let e = shop.0.write(insert("1", json!({ "map": { "a\0b": 1 } }))).await.expect_err("is refused");
        assert_eq!(e.code(), "key-unstorable");
    }
    async fn a_body_that_is_no_object_is_refused(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.0.write(insert("1", json!([1]))).await.expect_err("is refused").code(), "not-an-object");
    }
    async fn a_body_nested_too_deeply_is_refused_and_a_shallower_one_is_stored(driver) {
        let shop = Shop::open(driver).await;
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(shop.0.write(insert("1", json!({ "list": nested(200) }))).await.expect_err("is refused").code(), "nested-too-deeply");
        let body = json!({ "list": nested(80) });
        shop.put([("1", body.clone())]).await;
        assert_eq!(shop.body("1").await, body);
    }
    async fn large_documents_survive(driver) {
        let shop = Shop::open(driver).await;
        let body = json!({ "text": "x".repeat(1 << 20), "list": (0..10_000).collect::<Vec<_>>() });
        shop.put([("1", body.clone())]).await;
        assert_eq!(shop.body("1").await, body);
    }
}
