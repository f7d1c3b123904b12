//! The stub that stands in for the market while pages are worked on answers as the services do.

use crate::published::Published;
use serde_json::Value;
use std::process::Command;

#[test]
fn the_stub_answers_as_the_services_describe() {
    let run = Command::new("node").arg("tests/stub/answers.mjs").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
    let faults: Vec<String> = answers
        .iter()
        .filter_map(|answer| {
            let (method, path) = (answer["method"].as_str().unwrap(), answer["path"].as_str().unwrap());
            let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
            let fault = match Published::get().media_type(method, path, status, &answer["body"]) {
                Ok(media) if media == answer["media"].as_str() => return None,
                Ok(media) => format!("it is {}, described is {media:?}", answer["media"]),
                Err(fault) => fault,
            };
            Some(format!("tests/stub: {method} {path}, {status}: {fault}"))
        })
        .collect();
    assert!(faults.is_empty() && !answers.is_empty(), "{}", faults.join("\n"));
}
