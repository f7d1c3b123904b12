//! Processes that are killed with `kill -9` while they write: what was acknowledged is there, and nothing is there by half.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{
    Envelope, MessageKind,
    store::{Driver, Guard, Query, Spec, Sqlite, Write, Written},
};
use futures::future::join_all;
use serde_json::json;
use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Duration,
};

const DOCUMENTS: &str = "documents";
const ANY: Duration = Duration::ZERO;

async fn open(url: &str) -> Arc<dyn Driver> {
    #[cfg(feature = "mongodb")]
    if let Some((server, database)) = url.strip_prefix("mongodb://").and_then(|s| s.rsplit_once('/')) {
        return Arc::new(fm_sdk::store::MongoDb::connect(&format!("mongodb://{server}"), database).await.unwrap());
    }
    Arc::new(Sqlite::open(url).unwrap())
}

fn write(id: &str, guard: Guard, version: i64, n: i64) -> Write {
    let mut message = Envelope::new(MessageKind::Event, "document.put", &json!({ "n": n }), "worker").unwrap();
    message.id = format!("{id}@{n}");
    Write { collection: DOCUMENTS, id: id.into(), guard, body: Some(json!({ "n": n })), messages: vec![message], op: None, version }
}

/// Not a test of its own: what the child processes run. Puts documents and counts one up, until it has done its number or is killed;
/// prints each step after it was acknowledged.
#[actix_rt::test]
#[ignore = "runs as a child process of the other tests"]
async fn worker() {
    let (url, name, steps) = (env::var("STORE").unwrap(), env::var("WORKER").unwrap(), env::var("STEPS").unwrap());
    let store = open(&url).await;
    store.prepare(vec![Spec { collection: DOCUMENTS, indexes: &[] }]).await.unwrap();
    let (name, store, steps) = (&name, &store, steps.parse::<i64>().unwrap());
    let lane = async |lane: i64| {
        for n in (0..steps).filter(|n| n % 8 == lane) {
            let id = format!("{name}-{n}");
            assert_eq!(store.write(write(&id, Guard::Absent, 1, 1)).await.unwrap(), Written::Done);
            println!("acknowledged {id}@1");
            let counter = loop {
                let step = match store.peek(DOCUMENTS, "counter", None).await.unwrap() {
                    None => write("counter", Guard::Absent, 1, 1),
                    Some(now) => write("counter", Guard::Version(now.version), now.version + 1, now.version + 1),
                };
                let version = step.version;
                if store.write(step).await.unwrap() == Written::Done {
                    break version;
                }
            };
            println!("acknowledged counter@{counter}");
        }
    };
    join_all((0..8).map(lane)).await;
}

fn spawn(url: &str, name: &str, steps: usize) -> (Child, BufReader<ChildStdout>) {
    let mut worker = Command::new(env::current_exe().unwrap());
    worker.args(["--exact", "worker", "--ignored", "--nocapture"]).env("STORE", url).env("WORKER", name).env("STEPS", steps.to_string());
    let mut child = worker.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn acknowledged(line: &str) -> Option<String> {
    // the harness may have printed something on the same line
    line.split_once("acknowledged ").map(|(_, id)| id.to_string())
}

/// Lets two workers write at once and kills each after some of its steps, again and again.
async fn kill_in_a_loop(url: &str, rounds: usize) {
    let mut told = BTreeSet::new();
    for round in 0..rounds {
        let mut workers = ["a", "b"].map(|name| spawn(url, &format!("{name}{round}"), 1_000_000));
        for (after, (child, out)) in [7 + round * 5, 11 + round * 3].into_iter().zip(&mut workers) {
            let mut lines = out.lines().map_while(Result::ok).filter_map(|line| acknowledged(&line));
            told.extend(lines.by_ref().take(after));
            child.kill().unwrap();
            told.extend(lines);
            child.wait().unwrap();
        }
    }
    assert!(told.len() > rounds * 18);
    check(url, &told).await;
}

/// Every acknowledged step is there with its message; every message has its step, every step its message.
async fn check(url: &str, told: &BTreeSet<String>) {
    let store = open(url).await;
    store.prepare(vec![Spec { collection: DOCUMENTS, indexes: &[] }]).await.unwrap();
    let mut steps = BTreeSet::new();
    for document in store.read(Query { collection: DOCUMENTS, ..Query::default() }).await.unwrap() {
        let body = document.body.unwrap();
        assert_eq!(body["n"], document.version);
        steps.extend((1..=document.version).map(|n| format!("{}@{n}", document.id)));
    }
    let waiting = store.pending("nobody", ANY, 1_000_000).await.unwrap();
    let messages: BTreeSet<_> = waiting.iter().map(|(_, m)| m.id.clone()).collect();
    assert_eq!(waiting.len(), messages.len(), "no message twice");
    assert_eq!(steps, messages);
    let lost: Vec<_> = told.difference(&steps).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}

#[actix_rt::test]
async fn killed_writers_lose_nothing_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    kill_in_a_loop(folder.path().join("documents.db").to_str().unwrap(), 12).await;
}

#[actix_rt::test]
async fn processes_that_start_at_once_on_one_new_file_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("documents.db");
    let url = path.to_str().unwrap();
    let workers: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| spawn(url, name, 50)).collect();
    let mut told = BTreeSet::new();
    for (mut child, out) in workers {
        told.extend(out.lines().map_while(Result::ok).filter_map(|line| acknowledged(&line)));
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(told.len(), 400);
    check(url, &told).await;
    assert_eq!(open(url).await.peek(DOCUMENTS, "counter", None).await.unwrap().unwrap().version, 200);
}

#[cfg(feature = "mongodb")]
#[actix_rt::test]
async fn killed_writers_lose_nothing_of_mongodb() {
    use fm_sdk_testing::servers::MongoServer;
    let server = MongoServer::shared().url().trim_end_matches('/');
    kill_in_a_loop(&format!("{server}/{}", MongoServer::fresh_database()), 6).await;
}
