//! Scopes that a service defines reach the tokens of users with the roles that it names.

use actix_web::web;
use fm_sdk::{
    Application, Identity, Result, Service,
    backend::{Backends, MemoryBus},
    config::Settings,
    store::Sqlite,
    testing::{MockBus, TestIdentities, eventually},
};
use std::{sync::Arc, time::Duration};

async fn write(who: Identity) -> Result<&'static str> {
    who.require("fm-notes:write")?;
    Ok("written")
}

fn notes() -> Service<()> {
    Service::new("fm-notes", ()).defines_scopes(&[("fm-notes:write", &["user"]), ("fm-notes:moderate", &["admin"])]).http(|cfg| {
        cfg.route("/notes", web::post().to(write));
    })
}

#[actix_rt::test]
async fn a_user_gets_the_scopes_of_a_service_with_the_next_token() {
    let identities = TestIdentities::new();
    let scopes = |role: &str| {
        let who = identities.verifier().verify_access(&identities.with_role("ann", role)).unwrap();
        who.scopes().iter().filter(|s| s.starts_with("fm-notes:")).cloned().collect::<Vec<_>>()
    };
    let before = identities.with_role("ann", "user");
    assert!(scopes("user").is_empty());
    let backends = Backends {
        transport: Arc::new(MemoryBus::default()),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-notes"),
    };
    let application = Application::on(notes(), Settings::memory(), "one", backends).unwrap();
    let url = format!("http://{}/notes", application.address().unwrap());
    let running = actix_rt::spawn(application.run(std::future::pending()));
    eventually("the scopes are in the registry", Duration::from_secs(20), async || scopes("user") == ["fm-notes:write"]).await;
    assert_eq!(scopes("admin"), ["fm-notes:moderate"]);
    let post = async |token: &str| awc::Client::default().post(&url).bearer_auth(token).send().await.unwrap().status().as_u16();
    eventually("it is ready", Duration::from_secs(20), async || post("").await != 503).await;
    assert_eq!(post(&before).await, 403, "a token from before");
    assert_eq!(post(&identities.with_role("ann", "user")).await, 200);
    running.abort();
    assert_eq!(scopes("user"), ["fm-notes:write"], "also while the service is down");
}

#[test]
fn a_service_cannot_define_the_scopes_of_another() {
    let many: Vec<String> = (0..17).map(|n| format!("fm-notes:s{n}")).collect();
    let many: Vec<(&str, &[&str])> = many.iter().map(|s| (s.as_str(), &["user"][..])).collect();
    for scopes in [&[("users:admin", &["user"][..])][..], &[("fm-notes:", &["user"][..])], &[("fm-notes2:x", &[][..])], &many] {
        let refused = std::panic::catch_unwind(|| MockBus::for_service(Service::new("fm-notes", ()).defines_scopes(scopes)));
        let message = *refused.err().unwrap().downcast::<String>().unwrap();
        assert!(message.contains("scope") && message.contains("[wiring]"), "{message}");
    }
}

#[actix_rt::test]
async fn in_a_test_roles_have_the_scopes_of_the_service() {
    let bus = MockBus::for_service(notes());
    for (role, status) in [("user", 200), ("admin", 403)] {
        bus.token(&bus.identities().with_role("ann", role));
        assert_eq!(bus.http(actix_web::test::TestRequest::post().uri("/notes")).await.status, status, "{role}");
    }
}
