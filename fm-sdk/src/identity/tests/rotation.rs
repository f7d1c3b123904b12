use super::forge::pair;
use crate::{
    identity::{
        Keys, Purpose,
        keys::{KeyPair, Published},
    },
    registry::{Change, Expect, MemoryRegistry, Registry},
};
use std::{sync::Arc, time::Duration};

const DAY: i64 = 86_400_000;
/// Some time after which the first pair of `keys` was made.
const T: i64 = 1_000 * DAY;

fn keys(purpose: Purpose) -> Keys {
    Keys::of(purpose, None, vec![KeyPair::from_seed(&[1; 32], T)])
}
async fn there(registry: &MemoryRegistry) -> Vec<(String, i64)> {
    let all = registry.list("/fm/identity/").await.unwrap().entries;
    all.into_values().map(|e| serde_json::from_str::<Published>(&e.value).unwrap()).map(|p| (p.jwk.kid, p.until_ms)).collect()
}

#[actix_rt::test]
async fn publishing_again_changes_nothing_until_half_of_the_time_is_over() {
    let (registry, keys) = (MemoryRegistry::new(), keys(Purpose::Access));
    keys.publish_at(&registry, T).await.unwrap();
    let first = registry.list("/").await.unwrap().revision;
    keys.publish_at(&registry, T + DAY).await.unwrap();
    assert_eq!(registry.list("/").await.unwrap().revision, first);
    assert_eq!(there(&registry).await, [(keys.kids()[0].clone(), T + 90 * DAY)]);
    keys.publish_at(&registry, T + 46 * DAY).await.unwrap();
    assert_eq!(there(&registry).await, [(keys.kids()[0].clone(), T + 136 * DAY)]);
}

#[actix_rt::test]
async fn a_new_key_signs_once_it_is_known_and_the_old_one_is_trusted_until_its_tokens_expire() {
    for (purpose, needed) in [(Purpose::Access, 3_610_000), (Purpose::Service("fm-cars".into()), 7 * DAY + 10_000)] {
        let (registry, keys) = (MemoryRegistry::new(), keys(purpose));
        let old = keys.kids().remove(0);
        keys.rotate_at(&registry, T + DAY).await.unwrap();
        let new = keys.kids().remove(1);
        assert_eq!(keys.signing(T + DAY + 29_999).unwrap().kid(), old);
        assert_eq!(keys.signing(T + DAY + 30_000).unwrap().kid(), new);
        let end = T + DAY + 30_000 + needed;
        keys.tend_at(&registry, end - 1).await.unwrap();
        assert!(there(&registry).await.contains(&(old.clone(), end)), "{:?}", keys.purpose());
        let before = keys.kids().len();
        keys.tend_at(&registry, end).await.unwrap();
        assert!(there(&registry).await.iter().all(|(kid, _)| *kid != old) && keys.kids().len() < before);
    }
}

#[actix_rt::test]
async fn keys_rotate_when_it_is_time() {
    let (registry, keys) = (MemoryRegistry::new(), keys(Purpose::Access));
    keys.tend_at(&registry, T + DAY - 1).await.unwrap();
    assert_eq!(keys.kids().len(), 1);
    keys.tend_at(&registry, T + DAY).await.unwrap();
    assert_eq!((keys.kids().len(), there(&registry).await.len()), (2, 2));
}

#[actix_rt::test]
async fn without_the_registry_nothing_rotates() {
    let (registry, keys) = (MemoryRegistry::new(), keys(Purpose::Access));
    registry.cut();
    assert!(keys.tend_at(&registry, T + DAY).await.is_err());
    assert_eq!(keys.kids().len(), 1, "a key that nobody can check must not sign");
}

#[actix_rt::test]
async fn the_keys_of_instances_that_never_came_back_are_swept() {
    let (registry, keys) = (MemoryRegistry::new(), keys(Purpose::Access));
    let gone = Keys::of(Purpose::Access, None, vec![pair(9)]);
    gone.publish_at(&registry, T).await.unwrap();
    let others = Keys::of(Purpose::Service("fm-cars".into()), None, vec![pair(8)]);
    others.publish_at(&registry, T).await.unwrap();
    keys.publish_at(&registry, T + 90 * DAY - 1).await.unwrap();
    assert_eq!(there(&registry).await.len(), 3);
    keys.publish_at(&registry, T + 90 * DAY).await.unwrap();
    assert_eq!(there(&registry).await.len(), 2, "each purpose sweeps its own place alone");
}

#[actix_rt::test]
async fn processes_that_share_a_folder_agree() {
    let (place, registry) = (tempfile::tempdir().unwrap(), MemoryRegistry::new());
    let a = Keys::open(place.path(), Purpose::Access).unwrap();
    let b = Keys::open(place.path(), Purpose::Access).unwrap();
    a.rotate(&registry).await.unwrap();
    assert_eq!((a.kids().len(), b.kids().len()), (2, 1));
    b.tend(&registry).await.unwrap();
    assert_eq!(a.kids(), b.kids());
    let first = registry.list("/").await.unwrap().revision;
    a.tend(&registry).await.unwrap();
    b.tend(&registry).await.unwrap();
    assert_eq!(registry.list("/").await.unwrap().revision, first, "they do not undo each other's work");
}

#[actix_rt::test]
async fn a_key_that_somebody_deletes_is_put_back() {
    let (registry, keys) = (MemoryRegistry::new(), Arc::new(Keys::in_memory(Purpose::Access).unwrap()));
    let key = format!("/fm/identity/access/{}", keys.kids()[0]);
    let mut watched = registry.watch("/fm/identity/access/");
    let keeping = actix_rt::spawn(keys.keep(Arc::new(registry.clone())));
    let wait = Duration::from_secs(10);
    tokio::time::timeout(wait, watched.wait_for(|s| s.entries.contains_key(&key))).await.unwrap().unwrap();
    registry.commit(vec![Change { key: key.clone(), expect: Expect::Any, value: None }]).await.unwrap();
    assert!(watched.borrow_and_update().entries.is_empty());
    tokio::time::timeout(wait, watched.wait_for(|s| s.entries.contains_key(&key))).await.unwrap().unwrap();
    keeping.abort();
}
