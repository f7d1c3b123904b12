//! A step happens as a whole under its guard, or not at all.

use super::*;
use futures::future::join_all;

const NOW_UNIQUE: Spec = Spec { collection: PARTS, indexes: &[Index { field: "name", unique: true }] };

cases! { $ store_steps
    async fn an_id_is_put_once(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "n": 1 }))]).await;
        assert_eq!(shop.write(Write { version: 9, ..insert("1", json!({ "n": 2 })).saying(["m"]) }).await, Written::Exists);
        assert_eq!((shop.body("1").await, shop.waiting_ids().await), (json!({ "n": 1 }), String::new()));
    }
    async fn a_change_replaces_the_body_at_exactly_its_version(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "n": 1, "old": true }))]).await;
        assert_eq!(shop.write(Write { version: 70, ..change("1", 1, json!({ "n": 2 })) }).await, Written::Done);
        assert_eq!(shop.peek("1").await, Some(Stored { id: "1".into(), version: 70, body: Some(json!({ "n": 2 })), seen: false }));
        for from in [1, 2, 69, 71] {
            assert_eq!(shop.write(change("1", from, json!({ "n": 3 })).saying(["m"])).await, Written::Stale);
            assert_eq!(shop.write(remove("1", from).saying(["m"])).await, Written::Stale);
        }
        assert_eq!((shop.body("1").await, shop.waiting_ids().await), (json!({ "n": 2 }), String::new()));
    }
    async fn a_missing_document_cannot_be_changed(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.write(change("1", 1, json!({}))).await, Written::Stale);
        assert_eq!(shop.write(remove("1", 1)).await, Written::Stale);
        assert_eq!(shop.peek("1").await, None);
    }
    async fn a_version_that_does_not_grow_is_refused(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({}))]).await;
        let e = shop.0.write(Write { version: 1, ..change("1", 1, json!({})) }).await.expect_err("is refused");
        assert_eq!(e.code(), "version-not-greater");
    }
    async fn many_may_have_none_but_only_one_a_value(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({})), ("2", json!({})), ("3", json!({ "key": "k" }))]).await;
        let taken = Written::Taken("key".into());
        assert_eq!(shop.write(insert("4", json!({ "key": "k" })).saying(["m"]).by("op")).await, taken);
        assert_eq!(shop.write(change("1", 1, json!({ "key": "k" })).saying(["m"]).by("op")).await, taken);
        assert_eq!((shop.peek("4").await, shop.waiting_ids().await, shop.0.marked(THINGS, "op").await.expect("counts")), (None, String::new(), 0));
        assert_eq!(shop.write(change("3", 1, json!({}))).await, Written::Done);
        assert_eq!(shop.write(change("1", 1, json!({ "key": "k" })).by("op")).await, Written::Done, "the value is free");
    }
    async fn a_step_may_write_its_own_unique_value_again(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "key": "k" }))]).await;
        assert_eq!(shop.write(change("1", 1, json!({ "key": "k", "n": 1 }))).await, Written::Done);
        assert_eq!(shop.write(Write { version: 9, ..insert("1", json!({ "key": "k" })) }).await, Written::Exists, "the id is named first");
    }
    async fn a_removed_document_is_gone_and_its_value_free(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "key": "k" })), ("2", json!({}))]).await;
        assert_eq!(shop.write(remove("1", 1).saying(["m"])).await, Written::Done);
        assert_eq!((shop.ids_of(all()).await.as_str(), shop.0.count(all()).await.expect("counts")), ("2", 1));
        assert_eq!(shop.ids(Test::Exists("key", false)).await, "2");
        assert_eq!(shop.ids(Test::Ne("key", json!("x"))).await, "2");
        assert_eq!(shop.write(remove("1", 2)).await, Written::Stale);
        assert_eq!(shop.write(change("1", 2, json!({}))).await, Written::Stale);
        assert_eq!(shop.write(change("2", 1, json!({ "key": "k" }))).await, Written::Done);
    }
    async fn a_removed_document_comes_back_with_a_greater_version_only(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "n": 1 }))]).await;
        assert_eq!(shop.write(Write { version: 50, ..remove("1", 1).saying(["a"]) }).await, Written::Done);
        let back = |version| Write { version, ..insert("1", json!({ "n": 2 })).saying(["b"]) };
        for version in [2, 50] {
            assert_eq!(shop.write(back(version)).await, Written::Stale);
        }
        assert_eq!(shop.write(back(51)).await, Written::Done);
        assert_eq!((shop.body("1").await, shop.waiting_ids().await.as_str()), (json!({ "n": 2 }), "a b"));
        shop.relay_all().await;
        assert_eq!(shop.peek("1").await.map(|s| s.version), Some(51), "relaying forgets the removed only");
    }
    async fn a_hundred_writers_lose_nothing(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "n": 0 }))]).await;
        let writer = async |writer: usize| {
            let mut done = 0;
            while done < 10 {
                let now = shop.peek("1").await.expect("is there");
                let n = now.body.expect("is there")["n"].as_i64().expect("is a number") + 1;
                let id = format!("{writer}-{n}");
                let step = change("1", now.version, json!({ "n": n })).saying([id.as_str()]);
                done += i32::from(shop.write(step).await == Written::Done);
            }
        };
        join_all((0..10).map(writer)).await;
        assert_eq!(shop.body("1").await["n"], 100);
        let mut told: Vec<i64> = shop.waiting().await.iter().filter_map(|(_, m)| m.id.split('-').nth(1)?.parse().ok()).collect();
        told.sort_unstable();
        assert_eq!(told, (1..=100).collect::<Vec<_>>());
    }
    async fn a_hundred_documents_put_at_once_are_all_there(driver) {
        let shop = Shop::open(driver).await;
        let ids: Vec<_> = (0..100).map(|n| format!("{n:03}")).collect();
        let written = join_all(ids.iter().map(|id| shop.write(insert(id, json!({ "key": id })).saying([id.as_str()])))).await;
        assert!(written.iter().all(|w| *w == Written::Done));
        assert_eq!((shop.ids_of(all()).await, shop.waiting().await.len()), (ids.join(" "), 100));
    }
    async fn one_of_many_gets_a_unique_value(driver) {
        let shop = Shop::open(driver).await;
        let ids: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        let written = join_all(ids.iter().map(|id| shop.write(insert(id, json!({ "key": "k" }))))).await;
        assert_eq!(written.iter().filter(|w| **w == Written::Done).count(), 1);
        assert_eq!(written.iter().filter(|w| **w == Written::Taken("key".into())).count(), 19);
    }
    async fn preparing_again_and_at_once_keeps_everything(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({ "key": "k" }))]).await;
        for prepared in join_all((0..5).map(|_| shop.0.prepare(SPECS.to_vec()))).await {
            prepared.expect("prepares");
        }
        assert_eq!(shop.write(insert("2", json!({ "key": "k" }))).await, Written::Taken("key".into()));
        assert_eq!(shop.ids_of(all()).await, "1");
    }
    async fn an_index_may_become_unique_later(driver) {
        let shop = Shop::open(driver).await;
        let part = |id| Write { collection: PARTS, ..insert(id, json!({ "name": "x" })) };
        assert_eq!(shop.write(part("1")).await, Written::Done);
        shop.0.prepare(vec![NOW_UNIQUE]).await.expect("prepares");
        assert_eq!(shop.write(part("2")).await, Written::Taken("name".into()));
        shop.0.prepare(vec![Spec { collection: PARTS, indexes: &[Index { field: "name", unique: false }] }]).await.expect("prepares");
        assert_eq!(shop.write(part("2")).await, Written::Done);
    }
    async fn nothing_happens_before_the_first_poll(driver) {
        let shop = Shop::open(driver).await;
        drop(shop.0.write(insert("1", json!({})).saying(["m"])));
        drop(shop.0.finish("op", None, vec![]));
        assert_eq!((shop.peek("1").await, shop.0.finished("op").await.expect("reads")), (None, None));
    }
    async fn a_store_that_is_there_answers(driver) {
        driver.ping().await.expect("answers");
        Shop::open(driver).await.0.ping().await.expect("answers");
    }
}
