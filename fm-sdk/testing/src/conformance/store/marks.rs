//! A message's effect happens once, however often and by however many the message is handled.

use super::*;
use fm_sdk::store::Finished;

/// All orders in which two twins, each with three moves, can take turns.
fn orders() -> impl Iterator<Item = Vec<usize>> {
    (0..64_u32).filter(|bits| bits.count_ones() == 3).map(|bits| (0..6).map(|n| (bits >> n & 1) as usize).collect())
}

cases! { $ store_marks
    async fn a_second_step_of_one_message_on_one_document_is_seen(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.write(insert("1", json!({ "n": 1 })).by("op").saying(["a"])).await, Written::Done);
        assert_eq!(shop.write(insert("1", json!({ "n": 2 })).by("op").saying(["b"])).await, Written::Seen);
        assert_eq!(shop.write(change("1", 1, json!({ "n": 2 })).by("op").saying(["b"])).await, Written::Seen);
        assert_eq!(shop.write(remove("1", 1).by("op").saying(["b"])).await, Written::Seen);
        assert_eq!((shop.body("1").await, shop.waiting_ids().await.as_str()), (json!({ "n": 1 }), "a"));
    }
    async fn a_step_of_another_message_or_on_another_document_is_not_seen(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.write(insert("1", json!({})).by("op")).await, Written::Done);
        assert_eq!(shop.write(insert("2", json!({})).by("op")).await, Written::Done);
        assert_eq!(shop.write(change("1", 1, json!({})).by("other")).await, Written::Done);
        assert_eq!(shop.write(change("1", 2, json!({}))).await, Written::Done);
        assert_eq!(shop.write(change("1", 3, json!({})).by("op")).await, Written::Seen, "also after others");
    }
    async fn peeking_tells_who_was_here(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({})), ("2", json!({}))]).await;
        assert_eq!(shop.write(change("1", 1, json!({})).by("op")).await, Written::Done);
        assert!(shop.seen("1", "op").await && !shop.seen("2", "op").await && !shop.seen("1", "other").await);
    }
    async fn a_removal_is_seen_too(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({}))]).await;
        assert_eq!(shop.write(remove("1", 1).by("op")).await, Written::Done);
        assert_eq!(shop.0.peek(THINGS, "1", Some("op")).await.expect("peeks"), Some(Stored { id: "1".into(), version: 2, body: None, seen: true }));
        assert_eq!(shop.write(remove("1", 2).by("op")).await, Written::Seen);
    }
    async fn a_finished_message_is_seen_everywhere(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({})), ("2", json!({}))]).await;
        assert_eq!(shop.write(change("1", 1, json!({})).by("op")).await, Written::Done);
        assert!(shop.0.finish("op", None, vec![]).await.expect("finishes"));
        assert!(shop.seen("1", "op").await && shop.seen("2", "op").await && !shop.seen("1", "other").await);
        assert!(shop.seen("nowhere", "op").await);
        assert_eq!(shop.write(change("1", 1, json!({})).by("op")).await, Written::Seen, "rather than stale");
        assert_eq!(shop.write(insert("1", json!({})).by("op")).await, Written::Seen, "rather than existing");
    }
    async fn a_message_is_finished_once_and_its_reply_kept(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.0.finished("op").await.expect("reads"), None);
        assert!(shop.0.finish("op", Some("{\"n\": 1.50}".into()), vec![message("a")]).await.expect("finishes"));
        assert!(!shop.0.finish("op", Some("2".into()), vec![message("b")]).await.expect("answers"));
        assert_eq!(shop.0.finished("op").await.expect("reads"), Some(Finished { reply: Some("{\"n\": 1.50}".into()) }));
        assert_eq!(shop.waiting_ids().await, "a");
        assert!(shop.0.finish("other", None, vec![]).await.expect("finishes"));
        assert_eq!(shop.0.finished("other").await.expect("reads"), Some(Finished { reply: None }));
    }
    async fn a_step_of_several_messages_has_the_mark_of_each(driver) {
        let shop = Shop::open(driver).await;
        let several = async |write: Write, also: [&str; 2]| shop.0.write_marked(write, also.map(Into::into).to_vec()).await.expect("writes");
        shop.put([("1", json!({})), ("2", json!({}))]).await;
        assert_eq!(several(change("1", 1, json!({ "n": 3 })).by("a").saying(["m"]), ["b", "c"]).await, Written::Done);
        for op in ["a", "b", "c"] {
            assert!(shop.seen("1", op).await && !shop.seen("2", op).await, "{op}");
            assert_eq!(shop.write(change("1", 2, json!({})).by(op)).await, Written::Seen, "{op}");
        }
        assert_eq!(several(change("1", 2, json!({})).by("x"), ["c", "y"]).await, Written::Seen, "one of them was here");
        assert!(!shop.seen("1", "x").await, "what is seen leaves no mark");
        assert_eq!(several(change("1", 2, json!({ "n": 4 })).by("x"), ["y", "z"]).await, Written::Done);
        assert_eq!(several(insert("3", json!({})).by("x"), ["y", "z"]).await, Written::Done);
        assert_eq!(several(insert("3", json!({})).by("w"), ["y", "v"]).await, Written::Seen, "rather than existing");
        assert_eq!((shop.body("1").await, shop.waiting_ids().await.as_str()), (json!({ "n": 4 }), "m"));
    }
    async fn several_messages_are_finished_at_once(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({})), ("2", json!({}))]).await;
        let ops = || vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(shop.0.write_marked(change("1", 1, json!({})).by("a"), ops()[1..].to_vec()).await.expect("writes"), Written::Done);
        assert!(shop.0.finish("b", Some("1".into()), vec![]).await.expect("finishes"));
        shop.0.finish_all(ops()).await.expect("finishes, one of them for the second time");
        for op in ["a", "b", "c"] {
            assert_eq!(shop.0.marked(THINGS, op).await.expect("counts"), 0, "{op}");
            assert!(shop.0.finished(op).await.expect("reads").is_some() && shop.seen("2", op).await, "{op}");
        }
        assert_eq!(shop.0.finished("b").await.expect("reads"), Some(Finished { reply: Some("1".into()) }), "the first one counts");
        let late = shop.0.write_marked(change("2", 1, json!({})).by("x"), vec!["c".into()]).await.expect("answers");
        assert_eq!(late, Written::Seen, "one of them has finished");
    }
    async fn marked_counts_what_a_message_changed_and_removed(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({})), ("2", json!({})), ("3", json!({}))]).await;
        let part = Write { collection: PARTS, ..insert("1", json!({})) };
        for step in [remove("1", 1).by("op"), remove("2", 1).by("op").saying(["m"]), change("3", 1, json!({})).by("op"), part.by("op"), insert("4", json!({})).by("other")] {
            assert_eq!(shop.write(step).await, Written::Done);
        }
        shop.relay_all().await;
        assert_eq!((shop.0.marked(THINGS, "op").await.expect("counts"), shop.0.marked(PARTS, "op").await.expect("counts")), (3, 1));
        assert!(shop.0.finish("op", None, vec![]).await.expect("finishes"));
        assert_eq!((shop.0.marked(THINGS, "op").await.expect("counts"), shop.0.marked(THINGS, "other").await.expect("counts")), (0, 1));
    }
    /// Each twin peeks, writes unless it has seen its message, finishes. Whatever the order, there is one effect and one end.
    async fn twins_have_one_effect_in_every_order(driver) {
        let shop = Shop::open(driver).await;
        for (run, order) in orders().enumerate() {
            let (id, op) = (format!("doc-{run}"), format!("op-{run}"));
            shop.put([(id.as_str(), json!({ "n": 0 }))]).await;
            let (mut moves, mut peeked, mut ends) = ([0, 0], [None, None], 0);
            for twin in order.iter().copied() {
                moves[twin] += 1;
                match (moves[twin], &peeked[twin]) {
                    (1, _) => peeked[twin] = shop.0.peek(THINGS, &id, Some(&op)).await.expect("peeks"),
                    (2, Some(Stored { seen: false, version, body: Some(body), .. })) => {
                        let n = body["n"].as_i64().expect("is a number") + 1;
                        shop.write(change(&id, *version, json!({ "n": n })).by(&op).saying([format!("{run}-{twin}").as_str()])).await;
                    }
                    (3, _) => ends += i32::from(shop.0.finish(&op, None, vec![]).await.expect("finishes")),
                    _ => {}
                }
            }
            assert_eq!((shop.body(&id).await["n"].as_i64(), shop.waiting().await.len(), ends), (Some(1), 1, 1), "in the order {order:?}");
            shop.relay_all().await;
        }
    }
    async fn old_inbox_rows_are_forgotten_once_their_messages_are_out(driver) {
        let shop = Shop::open(driver).await;
        for op in ["a", "b"] {
            assert!(shop.0.finish(op, None, vec![]).await.expect("finishes"));
        }
        assert!(shop.0.finish("c", None, vec![message("m")]).await.expect("finishes"));
        assert_eq!(shop.0.sweep(TIMEOUT).await.expect("sweeps"), 0);
        assert_eq!(shop.0.sweep(Duration::ZERO).await.expect("sweeps"), 2);
        assert_eq!(shop.0.finished("a").await.expect("reads"), None);
        assert!(shop.0.finished("c").await.expect("reads").is_some());
        shop.relay_all().await;
        assert_eq!(shop.0.sweep(Duration::ZERO).await.expect("sweeps"), 1);
    }
    async fn marks_of_messages_that_nobody_finished_are_forgotten(driver) {
        let shop = Shop::open(driver).await;
        shop.put([("1", json!({})), ("2", json!({}))]).await;
        assert_eq!(shop.write(remove("1", 1).by("op")).await, Written::Done);
        assert_eq!(shop.write(change("2", 1, json!({ "n": 1 })).by("op")).await, Written::Done);
        shop.0.sweep(TIMEOUT).await.expect("sweeps");
        assert_eq!(shop.0.marked(THINGS, "op").await.expect("counts"), 2);
        shop.0.sweep(Duration::ZERO).await.expect("sweeps");
        assert_eq!((shop.0.marked(THINGS, "op").await.expect("counts"), shop.peek("1").await), (0, None));
        assert_eq!(shop.body("2").await, json!({ "n": 1 }));
    }
}
