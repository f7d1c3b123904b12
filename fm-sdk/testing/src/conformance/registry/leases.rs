//! Keys that expire with their lease, and keys that a holder keeps alive.

use super::*;

cases! {$ registry_leases
    async fn a_key_put_for_a_time_vanishes_after_it(space) {
        let mut watch = space.b.watch("/l/");
        let begun = std::time::Instant::now();
        space.a.put_for("/l/a", "1".into(), LEASE).await.expect("puts");
        let seen = until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        assert!(seen.entries["/l/a"].leased);
        until(&mut watch, |s| s.known && s.entries.is_empty()).await;
        // One second of tolerance below: leases count from the moment that the registry took them.
        assert!(begun.elapsed() + Duration::from_secs(1) >= LEASE, "after {:?}", begun.elapsed());
        assert!(space.values("/l/").await.is_empty());
    }

    async fn putting_it_again_in_time_keeps_it(space) {
        let mut watch = space.b.watch("/l/");
        space.a.put_for("/l/a", "1".into(), LEASE).await.expect("puts");
        let first = until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        space.a.put_for("/l/a", "2".into(), Duration::from_secs(60)).await.expect("puts");
        until(&mut watch, |s| s.revision > first.revision && s.entries["/l/a"].value == "2").await;
        assert!(timeout(LEASE * 2, watch.wait_for(|s| s.entries.is_empty())).await.is_err(), "the first lease took it away");
    }

    async fn a_plain_put_frees_a_key_from_its_lease(space) {
        space.a.put_for("/l/a", "1".into(), LEASE).await.expect("puts");
        space.put("/l/a", "2").await;
        let mut watch = space.b.watch("/l/");
        assert!(timeout(LEASE * 2, watch.wait_for(|s| s.known && s.entries.is_empty())).await.is_err(), "the lease took it away");
        assert!(!watch.borrow().entries["/l/a"].leased);
    }

    async fn a_held_key_outlives_its_lease(space) {
        let mut watch = space.b.watch("/l/");
        let held = space.a.hold("/l/a", "1".into(), LEASE);
        let seen = until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        assert!(seen.entries["/l/a"].leased);
        let lost = timeout(LEASE * 3, watch.wait_for(|s| s.revision > seen.revision)).await;
        assert!(lost.is_err(), "it went or was put again: {lost:?}");
        drop(held);
    }

    async fn a_released_key_goes_at_once(space) {
        let mut watch = space.b.watch("/l/");
        let held = space.a.hold("/l/a", "1".into(), Duration::from_secs(60));
        until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        held.release().await;
        assert!(space.values("/l/").await.is_empty());
        until(&mut watch, |s| s.entries.is_empty()).await;
    }

    async fn a_dropped_key_goes_too(space) {
        let mut watch = space.b.watch("/l/");
        let held = space.a.hold("/l/a", "1".into(), Duration::from_secs(60));
        until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        drop(held);
        until(&mut watch, |s| s.entries.is_empty()).await;
    }

    async fn a_release_that_is_never_awaited_releases(space) {
        let mut watch = space.b.watch("/l/");
        let held = space.a.hold("/l/a", "1".into(), Duration::from_secs(60));
        until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        drop(held.release());
        until(&mut watch, |s| s.entries.is_empty()).await;
    }

    async fn a_held_key_that_somebody_deletes_comes_back(space) {
        let mut watch = space.b.watch("/l/");
        let held = space.a.hold("/l/a", "1".into(), LEASE);
        for _ in 0..3 {
            until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
            let deleted = space.b.commit(vec![delete("/l/a")]).await.expect("commits");
            let back = until(&mut watch, |s| s.entries.get("/l/a").is_some_and(|e| e.revision > deleted)).await;
            assert!(back.entries["/l/a"].leased && back.entries["/l/a"].value == "1");
        }
        held.release().await;
        assert!(space.values("/l/").await.is_empty());
    }

    async fn a_held_key_takes_a_new_value(space) {
        let held = space.a.hold("/l/a", "1".into(), LEASE);
        for value in ["2", "3"] {
            held.update(value.into()).await.expect("updates");
            assert_eq!(space.values("/l/").await, [format!("/l/a={value}")]);
        }
        space.b.commit(vec![delete("/l/a")]).await.expect("commits");
        let mut watch = space.b.watch("/l/");
        until(&mut watch, |s| s.entries.get("/l/a").is_some_and(|e| e.value == "3")).await;
        held.release().await;
    }

    async fn one_who_lets_go_does_not_take_the_key_of_the_next(space) {
        let mut watch = space.b.watch("/l/");
        let old = space.a.hold("/l/a", "old".into(), LEASE);
        until(&mut watch, |s| s.entries.contains_key("/l/a")).await;
        let new = space.b.hold("/l/a", "new".into(), LEASE);
        until(&mut watch, |s| s.entries.get("/l/a").is_some_and(|e| e.value == "new")).await;
        old.release().await;
        assert_eq!(space.values("/l/").await, ["/l/a=new"]);
        new.release().await;
        assert!(space.values("/l/").await.is_empty());
    }
}
