use super::forge::pair;
use crate::identity::{
    Keys, Purpose,
    keys::{Jwk, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

fn service() -> Purpose {
    Purpose::Service("fm-cars".into())
}
fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect()
}
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_first_key_is_made_for_its_owner_alone_and_found_again() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("deep/keys");
    let first = Keys::open(&folder, service()).unwrap();
    let found = files(&folder);
    assert_eq!((found.len(), mode(&found[0]), mode(&folder)), (1, 0o600, 0o700), "{found:?}");
    assert_eq!(Keys::open(&folder, service()).unwrap().kids(), first.kids());
    assert_ne!(Keys::open(&place.path().join("other"), service()).unwrap().kids(), first.kids());
}

#[test]
fn a_key_that_others_could_read_is_closed() {
    let place = tempfile::tempdir().unwrap();
    Keys::open(place.path(), service()).unwrap();
    let file = files(place.path()).remove(0);
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    Keys::open(place.path(), service()).unwrap();
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_broken_key_is_named_and_never_replaced_or_quoted() {
    let place = tempfile::tempdir().unwrap();
    Keys::open(place.path(), service()).unwrap();
    let file = files(place.path()).remove(0);
    let good = fs::read_to_string(&file).unwrap();
    let secret = serde_json::from_str::<serde_json::Value>(&good).unwrap()["d"].as_str().unwrap().to_string();
    let other = URL_SAFE_NO_PAD.encode([9; 32]);
    let name = file.file_name().unwrap().to_str().unwrap();
    for odd in [
        String::new(),
        "{}".into(),
        good.replace(&secret, &other),
        good.replace(&secret, &secret[..20]),
        good.replace("\"d\": \"", "\"d\": 7\""),
    ] {
        fs::write(&file, &odd).unwrap();
        let refused = Keys::open(place.path(), service()).unwrap_err();
        assert_eq!(refused.code(), "key-file", "{odd}");
        assert!(refused.chain().contains(name) && !refused.chain().contains(&secret[..20]), "{}", refused.chain());
        assert_eq!(fs::read_to_string(&file).unwrap(), odd);
    }
}

#[test]
fn a_key_file_that_a_crash_left_incomplete_is_skipped() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("abc.part"), "{\"kty\":").unwrap();
    assert_eq!(Keys::open(place.path(), service()).unwrap().kids().len(), 1);
}

#[test]
fn the_key_pair_of_the_rfc_comes_out() {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let made = KeyPair::from_seed(&seed.try_into().unwrap(), 0);
    assert_eq!(made.jwk().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "RFC 8037, appendix A.1 and A.2");
}

#[test]
fn generated_keys_differ_and_what_is_public_holds_nothing_private() {
    let (a, b) = (KeyPair::generate(0).unwrap(), KeyPair::generate(0).unwrap());
    assert_ne!(a.kid(), b.kid());
    let public: serde_json::Value = serde_json::to_value(pair(1).jwk()).unwrap();
    assert_eq!(public.as_object().unwrap().keys().collect::<Vec<_>>(), ["alg", "crv", "kid", "kty", "use", "x"]);
    assert!(serde_json::from_value::<Jwk>(public).unwrap().key().is_some());
}
