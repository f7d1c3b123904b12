//! Tables in files that the registry is brought to.

use crate::support::until;
use fm_gateway::{
    apply::{Applied, watch},
    pipeline::Catalogue,
    table::{Publication, fetch, publish},
};
use fm_sdk::registry::{Expect, MemoryRegistry};
use serde_json::{Value, json};
use std::{cell::RefCell, path::Path, rc::Rc};
use tokio::{sync::oneshot, task::JoinHandle};

fn text(id: &str) -> String {
    let route = json!({"id": id, "path": format!("/{id}"), "public": true, "plugins": [{"plugin": "respond"}]});
    json!({"format": 1, "routes": [route]}).to_string()
}

/// A watch on a folder, and what it has reported.
struct Watch {
    registry: MemoryRegistry,
    folder: tempfile::TempDir,
    reported: Rc<RefCell<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Watch {
    fn start(files: &[(&str, &str)]) -> Watch {
        let (registry, folder) = (MemoryRegistry::new(), tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| write(folder.path(), name, text));
        let reported: Rc<RefCell<Vec<String>>> = Rc::default();
        let (stop, stopped) = oneshot::channel();
        let (path, here, reports) = (folder.path().to_owned(), registry.clone(), reported.clone());
        let running = actix_rt::spawn(async move {
            let by = Publication { author: "pipeline".into(), comment: String::new() };
            let report = |result: fm_sdk::Result<Applied>| {
                reports.borrow_mut().push(match result {
                    Ok(Applied::Unchanged(_)) => "unchanged".into(),
                    Ok(Applied::Published { .. }) => "published".into(),
                    Err(e) => e.fault().message,
                });
            };
            watch(&path, &here, &Catalogue::shipped(), &by, report, async { drop(stopped.await) }).await;
        });
        Watch { registry, folder, reported, stop: Some(stop), running }
    }

    fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    async fn reports(&self, count: usize) -> String {
        until("it reports", || self.reported.borrow().len() >= count).await;
        assert_eq!(self.reported.borrow().len(), count, "{:?}", self.reported.borrow());
        self.reported.borrow()[count - 1].clone()
    }

    async fn routes(&self) -> Vec<String> {
        let (table, _) = fetch(&self.registry).await.unwrap().unwrap();
        table.routes.into_iter().map(|route| route.id).collect()
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[actix_rt::test]
async fn files_are_applied_whenever_they_change_and_errors_leave_the_table() {
    let mut watch = Watch::start(&[("a.json", &text("a"))]);
    assert_eq!(watch.reports(1).await, "published");
    watch.write("b.json", &text("b"));
    assert_eq!(watch.reports(2).await, "published");
    assert_eq!(watch.routes().await, ["a", "b"]);

    watch.write("b.json", "{\"format\": 1,\n \"routes\": [{\"id\": \"b\", \"colour\": 1}]}");
    let error = watch.reports(3).await;
    assert!(error.contains("b.json:2:") && error.contains("colour"), "{error}");
    assert_eq!(watch.routes().await, ["a", "b"]);
    watch.write("b.json", &text("b"));
    assert_eq!(watch.reports(4).await, "unchanged", "it says that all is well again");

    watch.stop.take().unwrap().send(()).unwrap();
    watch.running.await.unwrap();
}

#[actix_rt::test]
async fn what_others_publish_is_undone_and_a_registry_that_is_unreachable_is_waited_for() {
    let watch = Watch::start(&[("a.json", &text("a"))]);
    assert_eq!(watch.reports(1).await, "published");
    let other = serde_json::from_str(&text("other")).unwrap();
    publish(&watch.registry, &other, Expect::Any, &Publication::default(), Vec::new()).await.unwrap();
    assert_eq!(watch.reports(2).await, "published");
    assert_eq!(watch.routes().await, ["a"]);

    watch.registry.cut();
    watch.write("a.json", &text("new"));
    let away = watch.reports(3).await;
    assert!(!away.contains("published"), "{away}");
    watch.registry.mend();
    assert_eq!(watch.reports(4).await, "published");
    assert_eq!(watch.routes().await, ["new"]);
}

#[actix_rt::test]
async fn a_bad_start_publishes_nothing_until_the_files_are_good() {
    let watch = Watch::start(&[("a.json", "{")]);
    assert!(watch.reports(1).await.contains("a.json:1:"));
    assert_eq!(fetch(&watch.registry).await.unwrap(), None::<(_, i64)>);
    watch.write("a.json", &text("a"));
    assert_eq!(watch.reports(2).await, "published");
    let kept: Value = serde_json::to_value(fetch(&watch.registry).await.unwrap().unwrap().0).unwrap();
    assert_eq!(kept["routes"][0]["id"], "a");
}
