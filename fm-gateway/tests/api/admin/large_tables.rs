//! What pages cost with a table of 1,000 routes: counted, not timed.

use crate::support::{Browser, Operator, TestApp, put, table_of};
use serde_json::{Value, json};

fn routes(count: usize) -> Value {
    let route = |n| json!({"id": format!("route-{n:03}"), "path": format!("/{n}"), "group": format!("group-{}", n % 10), "plugins": [{"plugin": "respond"}]});
    (0..count).map(route).collect()
}

/// An editor who has changed one of 1,000 routes.
async fn editor_of_a_large_table() -> (TestApp, Operator, Browser) {
    let app = TestApp::with_routes(routes(1000)).await;
    let admin = Operator::admin(&app).await;
    describe(&admin, 7, "changed").await;
    let browser = Browser::of(&admin);
    (app, admin, browser)
}

/// Changes a route in the draft.
async fn describe(admin: &Operator, n: usize, text: &str) {
    let mut table = admin.get("/draft").await.json()["table"].clone();
    table["routes"][n]["description"] = json!(text);
    assert_eq!(admin.json("PUT", "/draft", json!({"table": table})).await.status, 200);
}

/// How often a table was parsed, checked or compared for operators.
async fn computations(app: &TestApp) -> Vec<String> {
    let metrics = app.metrics().await;
    let mut counts: Vec<String> =
        metrics.lines().filter(|line| line.starts_with("gateway_admin_table_computations")).map(Into::into).collect();
    counts.sort();
    counts
}

#[actix_rt::test]
async fn a_table_is_parsed_checked_and_compared_once_however_often_it_is_filtered() {
    let (app, _admin, browser) = editor_of_a_large_table().await;
    let first = browser.page("/admin/routes?q=route-00").await;
    let before = computations(&app).await;
    assert_eq!(before.len(), 3, "{before:?}");
    for query in ["q=route-01", "group=group-3", "state=ok&page=3", "q=route-00"] {
        browser.page(&format!("/admin/routes?{query}")).await;
    }
    for path in ["/admin/", "/admin/routes/route-007", "/admin/publish", "/admin/nodes", "/admin/plugins"] {
        browser.page(path).await;
    }
    assert_eq!(browser.page("/admin/routes?q=route-00").await, first);
    // The overview checks the table in force, the others the draft; the review compares what others have published since, too.
    let more = |counts: &[String], kind: &str| {
        let line = counts.iter().find(|line| line.contains(kind)).cloned().unwrap_or_default();
        line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).unwrap_or_default()
    };
    let after = computations(&app).await;
    let added = ["parse", "check", "compare"].map(|kind| more(&after, kind) - more(&before, kind));
    assert_eq!(added, [0, 1, 1]);
}

#[actix_rt::test]
async fn cached_tables_are_never_shown_for_another_one() {
    let (app, admin, browser) = editor_of_a_large_table().await;
    let tagged = |page: &str| page.matches("class=\"tag\"").count();
    assert_eq!(tagged(&browser.page("/admin/routes?q=route-00").await), 1);
    describe(&admin, 8, "changed, too").await;
    assert_eq!(tagged(&browser.page("/admin/routes?q=route-00").await), 2);
    assert_eq!(admin.send("DELETE", "/admin/api/draft", "", "").await.status, 204);
    assert_eq!(tagged(&browser.page("/admin/routes?q=route-00").await), 0);
    put(&app.registry, &table_of(routes(3)).to_string()).await;
    let page = browser.page("/admin/routes").await;
    assert!(page.contains("route-002") && !page.contains("route-003"), "{page}");
    let mut bad = table_of(routes(2));
    bad["routes"][0]["path"] = json!("no path");
    put(&app.registry, &bad.to_string()).await;
    assert!(browser.page("/admin/routes?state=error").await.contains("route-000"));
    put(&app.registry, &table_of(routes(2)).to_string()).await;
    assert!(!browser.page("/admin/routes?state=error").await.contains("route-000"));
}
