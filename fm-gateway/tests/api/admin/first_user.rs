use super::app;
use crate::support::{Operator, TestApp, until};
use fm_sdk::registry::MemoryRegistry;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

#[actix_rt::test]
async fn the_first_start_creates_an_administrator_with_a_one_time_password() {
    let app = app().await;
    let first = Operator::first(&app).await;
    let path = app.data.path().join("admin-password");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let me = first.get("/session").await.json();
    assert_eq!((&me["name"], &me["role"], &me["must_change"]), (&json!("admin"), &json!("admin"), &json!(true)));

    let old = std::fs::read_to_string(&path).unwrap().trim().to_owned();
    let changed = first.json("PUT", "/session/password", json!({"old": old, "new": "correct horse battery"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert!(!path.exists(), "the file is removed with the password");
    assert_eq!(first.get("/session").await.code(), "sign-in-needed", "the session of the old password has ended");
    let again = Operator::nobody(&app).json("POST", "/session", json!({"name": "admin", "password": old})).await;
    assert_eq!(again.code(), "credentials");
}

#[actix_rt::test]
async fn of_several_nodes_that_share_a_folder_one_creates_the_first_user() {
    let (registry, shared) = (MemoryRegistry::new(), tempfile::tempdir().unwrap());
    let nodes = [(); 4].map(|()| {
        TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |settings, _| settings.data = Some(shared.path().join("data")))
    });
    let path = shared.path().join("data/admin-password");
    until("the password lies in the folder", || path.exists()).await;
    let files = || std::fs::read_dir(path.parent().unwrap()).unwrap();
    let passwords = || files().filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with("admin-password")).count();
    until("the other nodes have removed theirs", || passwords() == 1).await;
    let password = std::fs::read_to_string(&path).unwrap();
    for node in &nodes {
        Operator::sign_in(node, "admin", password.trim()).await;
    }
}

#[actix_rt::test]
async fn a_registry_that_is_unreachable_at_the_start_is_waited_for() {
    let registry = MemoryRegistry::new();
    let app = TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |_, _| registry.cut());
    let reply = Operator::nobody(&app).json("POST", "/session", json!({"name": "admin", "password": "x"})).await;
    assert_eq!(reply.status, 503, "who cannot be looked up is not let in: {}", reply.text());
    registry.mend();
    Operator::first(&app).await;
}
