//! Reading.

use super::*;

cases! {$ registry_lists
    async fn an_empty_space_lists_nothing_and_is_known(space) {
        let list = space.a.list("/").await.expect("lists");
        assert!(list.entries.is_empty() && list.known && !list.stale);
    }

    async fn values_come_back_as_they_were(space) {
        let large = "x".repeat(200_000);
        for (key, value) in [("/v/empty", ""), ("/v/schlüssel", "straße \u{1F697} \0"), ("/v/large", large.as_str())] {
            let revision = space.put(key, value).await;
            let list = space.b.list(key).await.expect("lists");
            assert_eq!((list.entries[key].value.as_str(), list.entries[key].revision), (value, revision));
            assert!(!list.entries[key].leased);
        }
    }

    async fn a_prefix_ends_where_it_ends(space) {
        for key in ["/p/a", "/p/a/1", "/p/a/2", "/p/ab", "/p/b", "/p"] {
            space.put(key, "").await;
        }
        assert_eq!(space.values("/p/a/").await, ["/p/a/1=", "/p/a/2="]);
        assert_eq!(space.values("/p/a").await, ["/p/a=", "/p/a/1=", "/p/a/2=", "/p/ab="]);
        assert_eq!(space.values("").await.len(), 6);
        assert!(space.values("/q").await.is_empty());
    }

    async fn a_list_of_many_keys_is_whole(space) {
        for part in 0..6 {
            let changes = (0..100).map(|i| put(&format!("/many/{part}{i:02}"), &"v".repeat(1_000))).collect();
            space.a.commit(changes).await.expect("commits");
        }
        let list = space.b.list("/many/").await.expect("lists");
        assert_eq!(list.entries.len(), 600);
        assert!(list.entries.values().all(|e| e.revision <= list.revision));
    }
}
