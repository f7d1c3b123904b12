use super::*;
use crate::{
    table::Table,
    trial::{Reason, TrialRequest, explain},
};
use bytes::Bytes;
use serde_json::json;
use std::{collections::BTreeSet, fs, path::Path};

/// What refuses or fails a request, and where the words for it stand.
const SAYING: [(&str, &str); 4] = [
    ("Error::new(Kind::", "src/plugins"),
    ("Error::new(Kind::", "src/pipeline/run.rs"),
    ("Refusal::new(", "src/front"),
    ("bad(", "src/front/guard.rs"),
];

/// The files of a folder, without those of tests.
fn sources(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| sources(&entry.unwrap().path(), found));
    } else if path.extension().is_some_and(|end| end == "rs") {
        let text = fs::read_to_string(path).unwrap();
        found.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
    }
}

/// The last text in the brackets that open here; of a pattern each variable part is an `X`. Errors that take their words from elsewhere have but a code.
fn message(call: &str) -> Option<String> {
    let (mut depth, mut texts, mut rest) = (1, Vec::new(), call);
    while depth > 0 {
        let at = rest.find(['(', ')', '"'])?;
        let (found, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match found {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {
                let end = after.find('"')?;
                texts.push(&after[..end]);
                rest = &after[end + 1..];
            }
        }
    }
    let sentence = texts.into_iter().find(|text| text.contains(' '))?;
    let mut parts = sentence.split('{');
    let first = parts.next()?.to_owned();
    Some(parts.fold(first, |text, part| format!("{text}X{}", part.split_once('}').map_or("", |(_, rest)| rest))))
}

#[test]
fn every_refusal_has_a_german_translation() {
    let mut messages = BTreeSet::new();
    for (saying, place) in SAYING {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(place), &mut files);
        let calls = files.iter().flat_map(|text| text.match_indices(saying).map(move |(at, _)| &text[at + saying.len()..]));
        messages.extend(calls.filter_map(message));
    }
    assert!(messages.len() > 30, "{messages:#?}");
    let english: Vec<_> = messages.iter().filter(|message| german_message(message) == **message).collect();
    assert!(english.is_empty(), "{english:#?}");
}

#[test]
fn every_reason_for_or_against_a_route_has_a_german_translation() {
    let routes = json!([
        {"id": "off", "path": "/cars/{id}", "active": false},
        {"id": "host", "path": "/**", "hosts": ["shop.test"]},
        {"id": "path", "path": "/images/**"}, {"id": "short", "path": "/cars"}, {"id": "long", "path": "/cars/{id}/more"},
        {"id": "header", "path": "/cars/{id}", "predicates": [{"header": "x-channel", "equals": "beta"}]},
        {"id": "query", "path": "/cars/{id}", "predicates": [{"query": "y", "one_of": ["1", "2"]}]},
        {"id": "cookie", "path": "/cars/{id}", "predicates": [{"cookie": "beta", "present": true}]},
        {"id": "absent", "path": "/cars/{id}", "predicates": [{"query": "x", "present": false}]},
        {"id": "method", "path": "/cars/7", "methods": ["PATCH", "DELETE"]},
        {"id": "fallback", "path": "/**", "fallback": true}, {"id": "wider", "path": "/cars/**"}, {"id": "any-method", "path": "/cars/7"},
        {"id": "low", "path": "/cars/7", "priority": -1}, {"id": "any-host", "path": "/cars/7", "methods": ["GET"]},
        {"id": "fewer", "path": "/cars/7", "methods": ["GET"], "hosts": ["market.test"]},
        {"id": "all-methods", "path": "/cars/7", "hosts": ["market.test"]}, {"id": "wide", "path": "/cars/**", "hosts": ["market.test"]},
        {"id": "winner", "path": "/cars/7", "methods": ["GET"], "hosts": ["market.test"], "predicates": [{"query": "x", "present": true}]},
    ]);
    let routes = routes.as_array().unwrap().iter().cloned().map(|mut route| {
        route["plugins"] = json!([{"plugin": "respond"}]);
        route
    });
    let table: Table = serde_json::from_value(json!({"format": 1, "routes": routes.collect::<Vec<_>>()})).unwrap();
    let request = |method: &str, url: &str| TrialRequest::parse::<&str>(method, url, &[], Bytes::new()).unwrap();
    let explanation = explain(&table, &request("GET", "http://market.test/cars/7?x")).unwrap();
    let reasons: BTreeSet<Reason> = explanation.routes.iter().map(|route| route.reason).collect();
    assert_eq!(reasons.len(), 12, "{:#?}", explanation.routes);
    let english: Vec<_> = explanation.routes.iter().filter(|route| reason(route, true) == route.message).collect();
    assert!(english.is_empty(), "{english:#?}");
    for route in &explanation.routes {
        let german = reason(route, true);
        assert!(!["equals", "present", "absent", " is "].iter().any(|word| german.contains(word)), "{german}");
        assert_eq!(reason(route, false), route.message);
    }
    let bare: Table =
        serde_json::from_value(json!({"format": 1, "routes": [{"id": "one", "path": "/one", "methods": ["POST"], "plugins": []}]}))
            .unwrap();
    for (method, url) in [("POST", "/one"), ("GET", "/one"), ("GET", "/two"), ("GET", "/health/live"), ("GET", "/%2f")] {
        let found = explain(&bare, &request(method, url)).unwrap().taken;
        assert_ne!(taken(&found, true), taken(&found, false), "{method} {url}");
    }
}

#[test]
fn every_kind_of_outcome_has_a_text_in_both_languages() {
    let failed = |message: &str| StepOutcome::Failed { status: 401, code: "token-expired".into(), message: message.into() };
    let outcomes = [
        StepOutcome::Passed,
        StepOutcome::Answered { status: 200 },
        StepOutcome::Skipped,
        StepOutcome::NotReached,
        failed("sign in first"),
    ];
    for said in &outcomes {
        assert_ne!(outcome(said, true), outcome(said, false));
        assert_eq!(outcome(said, false), said.to_string());
    }
    assert_eq!(
        outcome(&failed("the access token is refused: it has expired"), true),
        "gescheitert, 401 token-expired: das Zugriffstoken wird abgelehnt: es ist abgelaufen"
    );
    for kind in [AttemptKind::First, AttemptKind::Retry, AttemptKind::Hedge] {
        let one = Attempt {
            kind,
            service: String::new(),
            instance: String::new(),
            at_micros: 0,
            took_micros: 0,
            outcome: AttemptOutcome::Abandoned,
        };
        let (german, english) = (attempt(&one, true), attempt(&one, false));
        assert!(german.ends_with(": aufgegeben") && english.ends_with(": abandoned"), "{german} {english}");
        assert_ne!(german.split(':').next(), english.split(':').next());
    }
}

#[test]
fn values_within_outcomes_are_not_translated() {
    for (english, german) in [
        ("this needs the role editor or admin", "dafür ist die Rolle editor oder admin nötig"),
        ("this needs the role editor", "dafür ist die Rolle editor nötig"),
        ("no instance of fm-cars answers", "keine Instanz von fm-cars antwortet"),
        ("segment 1 is \"images\", not \"cars\"", "Segment 1 ist \"images\", nicht \"cars\""),
        ("does not hold: header x-channel equals \"beta\"", "gilt nicht: Header x-channel ist \"beta\""),
        ("a word of another's plugin", "a word of another's plugin"),
    ] {
        assert_eq!(german_message(english), german);
    }
}
