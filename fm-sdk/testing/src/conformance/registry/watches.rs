//! Following.

use super::*;
use fm_sdk::ConnectionState;

cases! {$ registry_watches
    async fn a_watch_begins_with_what_is_there(space) {
        space.put("/w/a", "1").await;
        let mut watch = space.b.watch("/w/");
        let seen = until(&mut watch, |s| s.known).await;
        assert_eq!(values(&seen), ["/w/a=1"]);
        assert!(!seen.stale);
        let again = space.b.watch("/w/");
        assert_eq!(again.borrow().entries, seen.entries, "the next one knows it at once");
    }

    async fn a_watch_of_nothing_becomes_known(space) {
        let seen = until(&mut space.b.watch("/w/"), |s| s.known).await;
        assert!(seen.entries.is_empty() && !seen.stale);
    }

    async fn a_watch_shows_every_commit_whole_in_order_and_ends_with_the_last(space) {
        let mut watch = space.b.watch("/w/");
        until(&mut watch, |s| s.known).await;
        let write = async {
            for n in 1..=200 {
                space.a.commit(vec![put("/w/x", &n.to_string()), put("/w/y", &n.to_string())]).await.expect("commits");
            }
        };
        let read = async {
            let (mut n, mut revision) = (0, 0);
            while n < 200 {
                timeout(TIMEOUT, watch.changed()).await.expect("another change").expect("the watch goes on");
                let seen = watch.borrow_and_update().clone();
                let value = |key: &str| seen.entries.get(key).map_or(0, |e| e.value.parse::<u32>().expect("a number"));
                assert_eq!(value("/w/x"), value("/w/y"), "half a commit");
                assert!(value("/w/x") >= n && seen.revision >= revision, "backwards");
                (n, revision) = (value("/w/x"), seen.revision);
            }
        };
        tokio::join!(write, read);
    }

    async fn two_watchers_and_a_list_agree_in_the_end(space) {
        let (mut a, mut b) = (space.a.watch("/w/"), space.b.watch("/w/"));
        let mut held = Vec::new();
        for n in 0..60 {
            let key = format!("/w/{}", n % 7);
            match n % 4 {
                0 => held.push(space.b.hold(&format!("/w/held-{n}"), n.to_string(), LEASE)),
                1 => drop(space.a.commit(vec![delete(&key)]).await.expect("commits")),
                2 => drop(space.b.commit(vec![put(&key, &n.to_string())]).await.expect("commits")),
                _ => drop(space.a.commit(vec![put(&key, &n.to_string()), delete(&format!("/w/{}", n % 5 + 7))]).await.expect("commits")),
            }
        }
        for one in held.drain(..10) {
            one.release().await;
        }
        until(&mut b, |s| s.entries.keys().filter(|k| k.contains("held")).count() == 5).await;
        let last = space.put("/w/last", "").await;
        until(&mut a, |s| s.revision >= last).await;
        until(&mut b, |s| s.revision >= last).await;
        let list = space.a.list("/w/").await.expect("lists");
        assert_eq!(a.borrow().entries, list.entries);
        assert_eq!(b.borrow().entries, list.entries);
    }

    async fn a_watch_sees_its_prefix_alone(space) {
        let mut watch = space.b.watch("/w/a/");
        until(&mut watch, |s| s.known).await;
        for key in ["/w/a", "/w/ab", "/w/a0", "/w/b/1"] {
            space.put(key, "").await;
        }
        assert!(!watch.has_changed().expect("the watch goes on"), "{:?}", watch.borrow());
        space.put("/w/a/1", "").await;
        let seen = until(&mut watch, |s| !s.entries.is_empty()).await;
        assert_eq!(values(&seen), ["/w/a/1="]);
    }

    async fn a_watch_given_up_and_taken_again_is_up_to_date(space) {
        let mut watch = space.b.watch("/w/");
        until(&mut watch, |s| s.known).await;
        drop(watch);
        space.put("/w/a", "1").await;
        let seen = until(&mut space.b.watch("/w/"), |s| s.entries.contains_key("/w/a")).await;
        assert_eq!(values(&seen), ["/w/a=1"]);
    }

    async fn a_registry_that_answers_is_up(space) {
        space.a.list("/").await.expect("lists");
        assert_eq!(*space.a.connection().borrow(), ConnectionState::Up);
    }
}
