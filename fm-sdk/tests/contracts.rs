//! What a consumer's tests read is recorded, and the provider's test fails for what it no longer sends.
#![expect(clippy::unwrap_used, reason = "a test that is set up wrongly must stop")]

mod pacts;

use fm_sdk::{
    Call, Cx, Error, Handled, Kind, Reply, Service, messages,
    testing::{Contracts, MockBus},
};
use pacts::{argument, assert_says, edit, read, run_alone};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// The consumer, and what it reads.
mod tracker {
    use super::*;

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct CarNow {
        pub id: String,
        pub price: i64,
        pub image: Option<String>,
    }
    messages! {
        event "car.listed" from "fm-cars" CarListed { car: CarNow }
        call "fm-cars/price" PriceOf { car: String } -> i64;
    }

    async fn listed(m: CarListed, cx: Cx<()>) -> Handled {
        match cx.call(PriceOf { car: m.car.id }).await {
            Err(e) if e.code() == "car-unknown" => Ok(()),
            other => other.map(drop),
        }
    }
    pub async fn record(folder: &Path) {
        test(MockBus::for_service(Service::new("fm-tracker", ()).on(listed)).record_contracts(folder)).await;
    }
    pub async fn record_as_the_environment_says() {
        test(MockBus::for_service(Service::new("fm-tracker", ()).on(listed))).await;
    }
    async fn test(bus: MockBus<()>) {
        let bus = bus.answer(|m: PriceOf| if m.car == "gone" { Err(Error::not_found("car-unknown")) } else { Ok(7) });
        for (id, image) in [("c1", None), ("gone", Some("/images/1".into()))] {
            bus.deliver(CarListed { car: CarNow { id: id.into(), price: 7, image } }).await.acked();
        }
    }
}

/// Makes a provider whose events look like this, and what its calls take and give.
macro_rules! provider {
    ($name:ident, { $($field:ident : $type:ty = $value:expr),* $(,)? }, $argument:ident -> $reply:ty = $price:expr) => {
        mod $name {
            use super::*;

            #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
            pub struct CarNow { $($field: $type),* }
            messages! {
                event "car.listed" from "fm-cars" CarListed { car: CarNow }
                command "fm-cars/list" from any List {}
                call "fm-cars/price" PriceOf { $argument: String } -> $reply;
            }
            async fn list(_: List, cx: Cx<()>) -> Handled {
                cx.publish(CarListed { car: CarNow { $($field: $value),* } })
            }
            async fn price(m: PriceOf, _: Cx<()>) -> Reply<$reply> {
                if m.$argument == "gone" { Err(Error::not_found("car-unknown")) } else { Ok($price) }
            }
            pub async fn problems(folder: &Path) -> Vec<String> {
                let bus = MockBus::for_service(Service::new("fm-cars", ()).command(list).call(price));
                bus.command(List {}).await.acked();
                let contracts = Contracts::in_folder("fm-cars", folder)
                    .messages(&bus)
                    .answers::<PriceOf>(async |m| bus.call(m).await)
                    .in_state("car-unknown")
                    .answers::<PriceOf>(async |_| bus.call(PriceOf { $argument: "gone".into() }).await);
                contracts.problems().await
            }
        }
    };
}
provider!(cars, { id: String = "c7".into(), price: i64 = 7, image: Option<String> = Some("i".into()), unread: u8 = 1 }, car -> i64 = 7);
provider!(lean, { id: String = "c7".into(), price: i64 = 7, image: Option<String> = Some("i".into()) }, car -> i64 = 7);
provider!(renamed, { id: String = "c7".into(), cost: i64 = 7, picture: Option<String> = Some("i".into()) }, car -> i64 = 7);
provider!(retyped, { id: u64 = 7, price: f64 = 7.5, image: Option<String> = None }, car -> String = "7".into());
provider!(asked, { id: String = "c7".into(), price: i64 = 7, image: Option<String> = Some("i".into()) }, id -> i64 = 7);

async fn recorded() -> tempfile::TempDir {
    pacts::recorded(tracker::record).await
}

#[actix_rt::test]
async fn what_a_test_delivers_and_answers_is_recorded_as_a_pact() {
    let folder = recorded().await;
    let pact = read(folder.path());
    assert_eq!((&pact["consumer"]["name"], &pact["provider"]["name"]), (&json!("fm-tracker"), &json!("fm-cars")));
    assert_eq!(pact["metadata"]["pactSpecification"]["version"], "4.0");
    let test = "contracts::what_a_test_delivers_and_answers_is_recorded_as_a_pact";
    let of_type = |more: &[&str]| {
        let matchers: Vec<_> = ["type"].iter().chain(more).map(|m| json!({ "match": m })).collect();
        json!({"combine": if more.is_empty() { "AND" } else { "OR" }, "matchers": matchers})
    };
    let integer = json!({"combine": "AND", "matchers": [{"match": "integer"}]});
    let contents = |content: Value| json!({"content": content, "contentType": "application/json", "encoded": false});
    let expected = json!([
        {
            "type": "Asynchronous/Messages", "description": "car.listed", "pending": false,
            "comments": {"testname": test, "optional": ["$.car.image"]},
            "contents": contents(json!({"car": {"id": "text", "price": 1, "image": "text"}})),
            "matchingRules": {"body": {
                "$": of_type(&[]), "$.car": of_type(&[]), "$.car.id": of_type(&[]), "$.car.price": integer, "$.car.image": of_type(&["null"]),
            }},
        },
        {
            "type": "Synchronous/Messages", "description": "fm-cars/price", "pending": false, "comments": {"testname": test},
            "request": {"contents": contents(json!({"car": "text"})), "matchingRules": {"body": {"$": of_type(&[]), "$.car": of_type(&[])}}},
            "response": [{"contents": contents(json!(1)), "matchingRules": {"body": {"$": integer}}}],
        },
        {
            "type": "Synchronous/Messages", "description": "fm-cars/price fails: car-unknown", "pending": false, "comments": {"testname": test},
            "providerStates": [{"name": "car-unknown"}],
            "request": {
                "contents": contents(json!({"car": "text"})), "metadata": {"name": "fm-cars/price"},
                "matchingRules": {"body": {"$": of_type(&[]), "$.car": of_type(&[])}},
            },
            "response": [{
                "contents": contents(json!({"kind": "not_found", "code": "car-unknown"})), "matchingRules": {"body": {}},
                "metadata": {"fault": true},
            }],
        },
    ]);
    assert_eq!(pact["interactions"], expected);
}

#[actix_rt::test]
async fn recording_again_changes_nothing() {
    let folder = recorded().await;
    let before = fs::read(folder.path().join("fm-cars.json")).unwrap();
    tracker::record(folder.path()).await;
    assert_eq!(fs::read(folder.path().join("fm-cars.json")).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[actix_rt::test]
async fn own_and_undeclared_messages_are_no_contract() {
    let folder = tempfile::tempdir().unwrap();
    messages! {
        event "own.happened" from "fm-own" Own {}
        event "any.happened" from any Anybodys {}
        event "other.happened" from "fm-other" Others {}
    }
    let service = Service::new("fm-own", ()).on(async |_: Own, _: Cx<()>| Ok(())).on(async |_: Anybodys, _: Cx<()>| Ok(()));
    let bus = MockBus::for_service(service.on(async |_: Others, _: Cx<()>| Ok(()))).record_contracts(folder.path());
    bus.deliver(Own {}).await.acked();
    bus.deliver(Anybodys {}).await.acked();
    assert_eq!(bus.from("fm-evil").deliver(Others {}).await.dead_letter().kind(), Kind::Forbidden);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    bus.from("fm-other").deliver(Others {}).await.acked();
    drop(bus);
    assert!(folder.path().join("fm-other.json").exists());
}

#[actix_rt::test]
async fn a_provider_that_sends_what_is_read_passes_and_other_fields_are_free() {
    let folder = recorded().await;
    assert_eq!(cars::problems(folder.path()).await, Vec::<String>::new());
    assert_eq!(lean::problems(folder.path()).await, Vec::<String>::new());
}

#[actix_rt::test]
async fn a_renamed_field_is_named_with_its_consumer_and_its_test() {
    let folder = recorded().await;
    let problems = renamed::problems(folder.path()).await;
    let test = "test contracts::a_renamed_field_is_named_with_its_consumer_and_its_test of fm-tracker";
    assert_says(&problems, &["fm-tracker reads `$.car.price` of car.listed, which is not there", test]);
    assert_says(&problems, &["fm-tracker reads `$.car.image` of car.listed, which is in none of the messages", test]);
    assert_eq!(problems.len(), 2, "{problems:#?}");
}

#[actix_rt::test]
async fn a_field_of_another_type_is_named() {
    let folder = recorded().await;
    let problems = retyped::problems(folder.path()).await;
    assert_says(&problems, &["`$.car.id` of car.listed, which is integer 7, not string"]);
    assert_says(&problems, &["`$.car.price` of car.listed, which is decimal 7.5, not integer"]);
    assert_says(&problems, &["`$.car.image` of car.listed, which is in none of the messages"]);
    assert_says(&problems, &["`$` of fm-cars/price, which is string \"7\", not integer"]);
    assert_eq!(problems.len(), 4, "{problems:#?}");
}

#[actix_rt::test]
async fn a_request_that_the_provider_cannot_read_any_more_is_named() {
    let folder = recorded().await;
    let problems = asked::problems(folder.path()).await;
    assert_says(&problems, &["fm-tracker calls fm-cars/price with a request that fm-cars cannot read: missing field `id`"]);
}

#[actix_rt::test]
async fn what_a_provider_never_sends_or_answers_is_a_problem() {
    let folder = recorded().await;
    let bus = MockBus::for_service(Service::new("fm-cars", ()));
    let problems = Contracts::in_folder("fm-cars", folder.path()).messages(&bus).in_state("car-unknown").problems().await;
    assert_says(&problems, &["fm-tracker listens to car.listed, and fm-cars has not sent it"]);
    assert_says(&problems, &["fm-tracker calls fm-cars/price, and fm-cars has not answered it"]);
    assert_eq!(problems.len(), 3, "{problems:#?}");
}

#[actix_rt::test]
async fn a_call_that_fails_where_a_reply_is_read_is_a_problem_and_the_other_way_round() {
    let folder = recorded().await;
    let mistaken = Contracts::in_folder("fm-cars", folder.path())
        .answers::<tracker::PriceOf>(async |_| Err(Error::not_found("car-gone")))
        .in_state("car-unknown")
        .answers::<tracker::PriceOf>(async |_| Ok(7));
    let problems = mistaken.problems().await;
    assert_says(&problems, &[tracker::PriceOf::AT, "expects a reply of", "not found [car-gone]"]);
    assert_says(&problems, &["fm-tracker expects that fm-cars/price fails, and it replies"]);
    let other_code = Contracts::in_folder("fm-cars", folder.path())
        .in_state("car-unknown")
        .answers::<tracker::PriceOf>(async |_| Err(Error::not_found("car-gone")));
    assert_says(&other_code.problems().await, &[r#"`$.code` of fm-cars/price, which is string "car-gone", not equal to "car-unknown""#]);
}

#[actix_rt::test]
async fn a_state_that_the_provider_does_not_set_up_is_named() {
    let folder = recorded().await;
    edit(folder.path(), |pact| pact["interactions"][0]["providerStates"] = json!([{"name": "a car with a roof"}]));
    let problems = cars::problems(folder.path()).await;
    assert_says(&problems, &["fm-tracker expects car.listed in the state `a car with a roof`, which fm-cars does not set up"]);
}

#[actix_rt::test]
async fn a_pending_interaction_does_not_fail_the_provider() {
    let folder = recorded().await;
    edit(folder.path(), |pact| pact["interactions"][0]["pending"] = json!(true));
    assert_eq!(renamed::problems(folder.path()).await, Vec::<String>::new());
}

#[actix_rt::test]
async fn a_contract_of_a_third_party_is_replayed_like_ours() {
    // As pact-js writes it: no key, no comments, rules only where values may differ.
    let pact = json!({
        "consumer": {"name": "acme-newsletter"}, "provider": {"name": "fm-cars"},
        "interactions": [{
            "type": "Asynchronous/Messages", "description": "a car for the newsletter",
            "contents": {"content": {"car": {"id": "x", "price": 100}}, "contentType": "application/json", "encoded": false},
            "metadata": {"name": "car.listed"},
            "matchingRules": {"body": {"$.car": {"combine": "AND", "matchers": [{"match": "type"}]}}},
        }],
        "metadata": {"pactSpecification": {"version": "4.0"}, "pact-js": {"version": "12.1.0"}},
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme-newsletter-fm-cars.json"), pact.to_string()).unwrap();
    assert_eq!(cars::problems(folder.path()).await, Vec::<String>::new());
    let problems = renamed::problems(folder.path()).await;
    assert_says(&problems, &["acme-newsletter reads `$.car.price` of car.listed, which is not there", "acme-newsletter-fm-cars.json"]);
}

#[actix_rt::test]
async fn the_environment_names_where_contracts_are_recorded_and_where_more_of_them_lie() {
    if argument().is_some() {
        tracker::record_as_the_environment_says().await;
        return Contracts::of_consumers("fm-cars").verify().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "the_environment_names_where_contracts_are_recorded_and_where_more_of_them_lie";
    let ended = run_alone(test, "", &[("FM_RECORD_CONTRACTS", folder.path()), ("FM_CONTRACTS", folder.path())]);
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("fm-tracker listens to car.listed, and fm-cars has not sent it"), "{said}");
    assert!(said.contains(&folder.path().join("fm-cars.json").display().to_string()), "{said}");
}

#[actix_rt::test]
async fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let folder = recorded().await;
    edit(folder.path(), |pact| pact["metadata"]["pactSpecification"]["version"] = json!("3.0.0"));
    let problems = cars::problems(folder.path()).await;
    assert_says(&problems, &["fm-cars.json: follows version 3.0.0 of the Pact specification; only 4.0 is read"]);
    fs::write(folder.path().join("fm-cars.json"), "{\"consumer\": ").unwrap();
    assert_says(&cars::problems(folder.path()).await, &["fm-cars.json: no JSON: EOF while parsing"]);
}

#[actix_rt::test]
async fn without_any_contract_nothing_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(cars::problems(folder.path()).await, ["no contract with fm-cars was found"]);
    assert_says(&cars::problems(&folder.path().join("nowhere")).await, &["nowhere: No such file"]);
}
