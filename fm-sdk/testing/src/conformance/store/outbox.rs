//! Messages leave together with the step that says them, in order, and exactly those are taken out that were confirmed.

use super::*;

cases! { $ store_outbox
    async fn a_message_waits_as_it_was_written(driver) {
        let shop = Shop::open(driver).await;
        let mut sent = message("m");
        sent.body = "{ \"b\" : 1.10,\n \"a\":18446744073709551615, \"$x.y\": \"\\u0000ü\" }".into();
        sent.token = Some("token".into());
        sent.subject = Some(fm_sdk::message::Subject { document: "things/1".into(), version: i64::MAX });
        assert_eq!(shop.write(Write { messages: vec![sent.clone()], ..insert("1", json!({})) }).await, Written::Done);
        let waiting = shop.waiting().await;
        assert_eq!(waiting.iter().map(|(_, m)| m).collect::<Vec<_>>(), [&sent]);
        assert!(shop.0.finish("op", None, vec![sent.clone()]).await.expect("finishes"));
        assert_eq!(shop.waiting().await.into_iter().map(|(_, m)| m).collect::<Vec<_>>(), [sent.clone(), sent]);
    }
    async fn messages_keep_their_order(driver) {
        let shop = Shop::open(driver).await;
        let at = |id: &str, at_ms: i64| Envelope { at_ms, ..message(id) };
        let first = Write { messages: vec![at("z", 1_000), at("y", 1_000)], ..insert("1", json!({})) };
        let second = Write { messages: vec![at("x", 2_000)], ..insert("2", json!({})) };
        let third = Write { messages: vec![at("w", 3_000), at("v", 3_001)], ..change("1", 1, json!({})) };
        for step in [first, second, third] {
            assert_eq!(shop.write(step).await, Written::Done);
        }
        assert!(shop.0.finish("op", None, vec![at("u", 4_000), at("t", 4_000)]).await.expect("finishes"));
        assert_eq!(shop.waiting_ids().await, "z y x w v u t");
    }
    async fn the_limit_cuts_the_oldest_out(driver) {
        let shop = Shop::open(driver).await;
        for n in 0..20 {
            let (id, message_id) = (format!("{:02}", 19 - n), format!("{n:02}"));
            let messages = vec![Envelope { at_ms: 1_000 + n, ..message(&message_id) }];
            assert_eq!(shop.write(Write { messages, ..insert(&id, json!({})) }).await, Written::Done);
        }
        let ids: Vec<_> = shop.0.pending(INSTANCE, TIMEOUT, 5).await.expect("reads").into_iter().map(|(_, m)| m.id).collect();
        assert_eq!(ids, ["00", "01", "02", "03", "04"]);
        assert!(shop.0.pending(INSTANCE, TIMEOUT, 0).await.expect("reads").is_empty());
    }
    async fn an_instance_gets_its_own_messages_and_those_of_the_dead(driver) {
        let shop = Shop::open(driver).await;
        let by = |instance: &str, age: i64| Envelope { instance: instance.into(), at_ms: fm_sdk::time::now_ms() - age, ..message(&format!("{instance}-{age}")) };
        let messages = vec![by("a", 0), by("b", 0), by("a", 7_200_000), by("b", 7_200_000)];
        assert_eq!(shop.write(Write { messages, ..insert("1", json!({})) }).await, Written::Done);
        assert!(shop.0.finish("op", None, vec![by("b", 1)]).await.expect("finishes"));
        let mut ids = shop.0.pending("a", TIMEOUT, 100).await.expect("reads").into_iter().map(|(_, m)| m.id).collect::<Vec<_>>();
        ids.sort();
        assert_eq!(ids, ["a-0", "a-7200000", "b-7200000"]);
        assert_eq!(shop.0.pending("c", Duration::from_millis(0), 100).await.expect("reads").len(), 5);
    }
    async fn exactly_the_confirmed_messages_are_taken_out(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.write(insert("1", json!({})).saying(["a", "b", "c"])).await, Written::Done);
        assert_eq!(shop.write(insert("2", json!({})).saying(["d"])).await, Written::Done);
        assert!(shop.0.finish("op", None, vec![message("e"), message("f")]).await.expect("finishes"));
        let places: std::collections::HashMap<_, _> = shop.waiting().await.into_iter().map(|(place, m)| (m.id, place)).collect();
        let done = ["b", "d", "e"].map(|id| (places[id].clone(), id.to_string())).to_vec();
        shop.0.relayed(done.clone()).await.expect("takes out");
        assert_eq!(shop.waiting_ids().await, "a c f");
        shop.0.relayed(done).await.expect("takes nothing out a second time");
        shop.0.relayed(vec![(places["a"].clone(), "f".into()), (places["f"].clone(), "a".into())]).await.expect("takes nothing out of another place");
        assert_eq!(shop.waiting_ids().await, "a c f");
        shop.0.relayed(vec![]).await.expect("takes nothing out");
        shop.relay_all().await;
        assert_eq!(shop.waiting_ids().await, "");
        assert_eq!(shop.ids_of(all()).await, "1 2");
    }
    async fn a_message_added_while_others_are_relayed_stays(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.write(insert("1", json!({})).saying(["a"])).await, Written::Done);
        let before = shop.waiting().await;
        assert_eq!(shop.write(change("1", 1, json!({})).saying(["b"])).await, Written::Done);
        shop.0.relayed(before.into_iter().map(|(place, m)| (place, m.id)).collect()).await.expect("takes out");
        assert_eq!((shop.waiting_ids().await.as_str(), shop.peek("1").await.map(|s| s.version)), ("b", Some(2)));
    }
    async fn a_removed_document_is_remembered_until_relayed_and_unmarked(driver) {
        let shop = Shop::open(driver).await;
        for relays_first in [true, false] {
            let op = format!("op-{relays_first}");
            shop.put([("1", json!({}))]).await;
            assert_eq!(shop.write(remove("1", 1).by(&op).saying(["m"])).await, Written::Done);
            let steps = if relays_first { ["relay", "finish"] } else { ["finish", "relay"] };
            for step in steps {
                assert_eq!(shop.peek("1").await.map(|s| (s.version, s.body)), Some((2, None)), "before {step}");
                match step {
                    "relay" => shop.relay_all().await,
                    _ => assert!(shop.0.finish(&op, None, vec![]).await.expect("finishes")),
                }
            }
            assert_eq!(shop.peek("1").await, None);
        }
        shop.put([("2", json!({}))]).await;
        assert_eq!(shop.write(remove("2", 1)).await, Written::Done);
        assert_eq!(shop.peek("2").await, None, "nothing to remember");
    }
    async fn the_messages_of_earlier_steps_survive_a_removal(driver) {
        let shop = Shop::open(driver).await;
        assert_eq!(shop.write(insert("1", json!({})).saying(["a"])).await, Written::Done);
        assert_eq!(shop.write(remove("1", 1)).await, Written::Done);
        assert_eq!(shop.waiting_ids().await, "a");
        shop.relay_all().await;
        assert_eq!((shop.waiting_ids().await, shop.peek("1").await), (String::new(), None));
    }
}
