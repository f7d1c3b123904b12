use crate::newcomer::{NAME, Repository};
use market_tests::{Market, wait_until};
use serde_json::json;
use std::{env, fs, process::Command, time::Duration};

#[test]
fn a_new_service_is_green_at_once_joins_the_market_and_leaves_it() {
    let market = Market::running();
    let repository = Repository::make(&market);

    // Alone, and with the lock file that it was made with.
    let lock = fs::read(repository.folder().join("Cargo.lock")).unwrap();
    let mut sources = Command::new("./ci");
    // Where the sources of the others were checked, if they were: most of what this one is made of need not be checked again.
    if let Some(folder) = env::var_os("FM_CHECKED_TARGET") {
        sources.env("CARGO_TARGET_DIR", folder);
    }
    repository.run(sources.args(["format", "lints", "docs"]));
    let checked = repository.run(Command::new("./ci").arg("tests"));
    assert!(checked.contains("test messages::the_notes_on_a_car_are_counted ... ok"), "{checked}");
    // By a shell, to which scripts/test has lent a `cargo` that compiles nothing twice.
    repository.run(Command::new("bash").args(["-c", "cargo build --quiet --locked"]));
    assert_eq!(fs::read(repository.folder().join("Cargo.lock")).unwrap(), lock);

    // It is in the registry, under an address that answers.
    let mut newcomer = repository.start(&market);
    let entry = newcomer.registered(&market);
    assert_eq!(entry["version"], "0.1.0");
    let service = market.at_url(entry["url"].as_str().unwrap());
    service.get("/health/ready").expect(200);
    assert_eq!(service.get("/openapi.json").expect(200).json()["info"]["title"], NAME);

    // HTTP, with an identity of the market.
    let writer = market.someone();
    let car = writer.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned();
    let note = json!({ "car": car, "text": "smells of dog" });
    service.post("/api/newcomer/notes", note.clone()).expect_problem(401, "token-missing");
    let made = service.clone().bearing(&writer.access_token).post("/api/newcomer/notes", note).expect(201).json();
    assert_eq!(made["author"], writer.id.as_str());
    assert_eq!(service.get(&format!("/api/newcomer/notes?car={car}")).expect(200).json()["items"], json!([made]));

    // The bus: a call to it, and an event that it listens to.
    let count = || {
        let fields = json!({ "car": car }).to_string();
        let reply = repository.run(repository.program(&market).args(["call", "fm-newcomer/count", &fields]));
        reply.trim().parse::<u64>().unwrap_or_else(|error| panic!("{error} in {reply:?}"))
    };
    assert_eq!(count(), 1);
    writer.http.delete(&format!("/api/cars/{car}")).expect(204);
    wait_until("the notes on a deleted car are gone", Duration::from_secs(20), || count() == 0);

    // The public, by the very commands of its README; the table is put back afterwards.
    let public = || market.anyone().get(&format!("/api/newcomer/notes?car={car}"));
    public().expect_problem(404, "not-found");
    let gateway = r#"set -euo pipefail; fm-gateway() { "$FM_MARKET_SCRIPTS/service" fm-gateway "$@"; }; export FM_DEV_DIR=$FM_MARKET_DIR"#;
    let in_gateway = |commands: &str| repository.run(Command::new("bash").arg("-c").arg(format!("{gateway}\n{commands}")));
    in_gateway(&repository.commands_of_readme("fm-gateway table get"));
    wait_until("the gateway routes to it", Duration::from_secs(5), || public().status == 200);
    market.anyone().post("/api/newcomer/notes", json!({})).expect_problem(401, "token-missing");
    in_gateway("fm-gateway table put table.json");
    wait_until("the gateway routes to it no more", Duration::from_secs(5), || public().status == 404);

    // It leaves the registry before it ends, and ends by itself.
    newcomer.terminate();
    wait_until("it has left the registry", Duration::from_secs(5), || !newcomer.is_registered(&market));
    assert!(newcomer.ended_well(), "{}", newcomer.said());
}
