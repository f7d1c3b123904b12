//! Changing.

use super::*;
use fm_sdk::registry::MAX_CHANGES;

cases! {$ registry_commits
    async fn a_commit_is_one_revision(space) {
        let first = space.put("/c/old", "1").await;
        let revision = space.a.commit(vec![put("/c/a", "1"), put("/c/b", "2"), delete("/c/old")]).await.expect("commits");
        let list = space.b.list("/c/").await.expect("lists");
        assert!(revision > first && list.revision >= revision);
        assert_eq!(values(&list), ["/c/a=1", "/c/b=2"]);
        assert!(list.entries.values().all(|e| e.revision == revision));
    }

    async fn a_commit_whose_expectation_fails_changes_nothing(space) {
        let revision = space.put("/c/a", "1").await;
        for failing in [
            expecting(Expect::Absent, put("/c/a", "2")),
            expecting(Expect::Revision(revision + 1), put("/c/a", "2")),
            expecting(Expect::Revision(0), put("/c/a", "2")),
            expecting(Expect::Revision(-1), put("/c/a", "2")),
            expecting(Expect::Revision(revision), put("/c/gone", "2")),
            expecting(Expect::Revision(revision + 1), delete("/c/a")),
        ] {
            assert!(is_stale(space.a.commit(vec![put("/c/b", "2"), failing.clone()]).await), "{failing:?}");
        }
        assert_eq!(space.values("/c/").await, ["/c/a=1"]);
    }

    async fn a_commit_whose_expectations_hold_is_made(space) {
        let revision = space.put("/c/a", "1").await;
        let changes = vec![expecting(Expect::Revision(revision), put("/c/a", "2")), expecting(Expect::Absent, put("/c/b", "2"))];
        let next = space.a.commit(changes).await.expect("commits");
        space.a.commit(vec![expecting(Expect::Revision(next), delete("/c/a"))]).await.expect("commits");
        space.a.commit(vec![expecting(Expect::Absent, put("/c/a", "3"))]).await.expect("commits");
        assert_eq!(space.values("/c/").await, ["/c/a=3", "/c/b=2"]);
    }

    async fn of_two_that_race_for_a_key_one_wins(space) {
        for round in 0..10 {
            let key = format!("/race/{round}");
            let claim = |who: &str| vec![expecting(Expect::Absent, put(&key, who))];
            let (a, b) = tokio::join!(space.a.commit(claim("a")), space.b.commit(claim("b")));
            let winner = if a.is_ok() { "a" } else { "b" };
            assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
            assert!(is_stale(if winner == "a" { b } else { a }));
            assert_eq!(space.values(&key).await, [format!("{key}={winner}")]);
        }
    }

    async fn changes_of_one_key_by_two_clients_are_all_counted(space) {
        space.put("/count", "0").await;
        let add = |r: Arc<dyn Registry>| async move {
            for _ in 0..20 {
                loop {
                    let now = r.list("/count").await.expect("lists").entries["/count"].clone();
                    let next = (now.value.parse::<u32>().expect("a number") + 1).to_string();
                    match r.commit(vec![expecting(Expect::Revision(now.revision), put("/count", &next))]).await {
                        Ok(_) => break,
                        Err(e) => assert_eq!(e.kind(), Kind::Stale),
                    }
                }
            }
        };
        tokio::join!(add(space.a.clone()), add(space.b.clone()));
        assert_eq!(space.values("/count").await, ["/count=40"]);
    }

    async fn a_key_named_twice_and_too_many_changes_are_refused(space) {
        let many: Vec<Change> = (0..=MAX_CHANGES).map(|i| put(&format!("/c/{i}"), "")).collect();
        for changes in [vec![put("/c/a", "1"), delete("/c/a")], many.clone()] {
            assert!(space.a.commit(changes).await.is_err_and(|e| e.kind() == Kind::Invalid && e.code() == "commit"));
        }
        assert!(space.values("/c/").await.is_empty());
        space.a.commit(many[1..].to_vec()).await.expect("the largest commit is made");
    }

    async fn deleting_what_is_not_there_is_no_error(space) {
        space.a.commit(vec![delete("/c/none")]).await.expect("commits");
        space.a.commit(vec![]).await.expect("commits");
    }

    async fn revisions_grow_over_deletion_and_return(space) {
        let first = space.put("/c/a", "1").await;
        let deleted = space.a.commit(vec![delete("/c/a")]).await.expect("commits");
        let again = space.put("/c/a", "1").await;
        assert!(first < deleted && deleted < again);
    }
}
