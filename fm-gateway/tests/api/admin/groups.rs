//! The plugins that the routes of a group share, edited on a page.

use crate::support::{Browser, Operator, TestApp, until, value_of};
use serde_json::{Value, json};

/// A name as people may choose it.
const NAME: &str = "partners & /friends";
const PAGE: &str = "/admin/group?name=partners%20%26%20%2Ffriends";

async fn app() -> TestApp {
    let route = |id: &str, group: &str| json!({"id": id, "group": group, "path": format!("/{id}"), "public": true, "plugins": [{"plugin": "respond"}]});
    TestApp::with_routes(json!([route("a", NAME), route("b", NAME), route("c", "")])).await
}

async fn draft(admin: &Operator) -> Value {
    admin.get("/draft").await.json()["table"].clone()
}

#[actix_rt::test]
async fn a_group_is_edited_reviewed_and_published() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let browser = Browser::of(&admin);
    assert!(browser.page("/admin/routes").await.contains("href=\"/admin/group?name=partners%20%26%20%2Ffriends\""));
    let empty = browser.page(PAGE).await;
    assert!(empty.contains("/admin/routes/a\"") && empty.contains("/admin/routes/b\"") && !empty.contains("/admin/routes/c\""), "{empty}");

    let send = async |fields: &[(&str, &str)]| {
        let mark = value_of(&browser.page(PAGE).await, "mark");
        let reply = browser.post("/admin/group", &[&[("name", NAME), ("mark", &mark)], fields].concat()).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").unwrap().to_owned()
    };
    let next = send(&[("add", "redirect"), ("do", "add"), ("description", "known by their address")]).await;
    assert_eq!(next, "/admin/group?name=partners+%26+%2ffriends&done=saved&focus=add.0");
    let page = browser.page(&next).await;
    assert!(page.contains("is missing"), "what is wrong stands in place: {page}");
    assert_eq!(page.matches("is missing").count(), 1, "once, however many routes share it: {page}");
    send(&[("add", "ip"), ("do", "add"), ("p.0.plugin", "redirect")]).await;
    assert_eq!(draft(&admin).await["groups"][NAME]["plugins"][0]["plugin"], "ip", "before the one that answers");
    send(&[("do", "remove 1"), ("p.0.plugin", "ip"), ("p.0.deny", "127.0.0.0/8")]).await;
    let group = draft(&admin).await["groups"][NAME].clone();
    let plugins = json!([{"plugin": "ip", "settings": {"deny": ["127.0.0.0/8"]}}]);
    assert_eq!((&group["plugins"], group.get("description")), (&plugins, None), "the last form says no description");

    let review = browser.page("/admin/publish").await;
    assert!(review.contains("the table is valid.") && review.contains("/admin/routes/a\""), "{review}");
    assert_eq!((app.get("/a").await.status, app.get("/c").await.status), (200, 200), "a draft has no effect");
    let before = app.table().revision;
    let published = browser.submit("/admin/publish", &[("do", "publish"), ("comment", "partners by address")]).await;
    assert_eq!(published.status, 303, "{}", published.text());
    until("the table is in force", || app.table().revision > before).await;
    assert_eq!([app.get("/a").await.status, app.get("/b").await.status, app.get("/c").await.status], [403, 403, 200]);

    send(&[("do", "delete")]).await;
    assert_eq!(draft(&admin).await.get("groups"), None, "a group that shares nothing is only a word of its routes");
}

#[actix_rt::test]
async fn a_group_that_is_not_there_is_not_found() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    for path in ["/admin/group", "/admin/group?name=", "/admin/group?name=unknown"] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text());
    }
    assert_eq!(browser.post("/admin/group", &[("name", "unknown"), ("do", "save")]).await.status, 404);
}

#[actix_rt::test]
async fn secrets_of_a_group_are_masked_and_survive_its_form() {
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno";
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let send = async |fields: &[(&str, &str)]| {
        let mark = value_of(&browser.page(PAGE).await, "mark");
        let reply = browser.post("/admin/group", &[&[("name", NAME), ("mark", &mark)], fields].concat()).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
    };
    send(&[("add", "basic-auth"), ("do", "add")]).await;
    send(&[("p.0.plugin", "basic-auth"), ("p.0.passwords", &json!({"ann": HASH}).to_string()), ("do", "save")]).await;
    let page = browser.page(PAGE).await;
    assert!(!page.contains("CWOrkoo7oJBQ"), "{page}");
    let shown = page.split("name=\"p.0.passwords\"").nth(1).and_then(|rest| rest.split('>').nth(1)).and_then(|rest| rest.split('<').next());
    let shown = shown.unwrap().replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&");
    send(&[("p.0.plugin", "basic-auth"), ("p.0.passwords", &shown), ("p.0.realm", "partners"), ("do", "save")]).await;
    let published = browser.submit("/admin/publish", &[("do", "publish")]).await;
    assert_eq!(published.status, 303, "{}", published.text());
    let (table, _) = fm_gateway::table::fetch(&app.registry).await.unwrap().unwrap();
    let settings = json!({"passwords": {"ann": HASH}, "realm": "partners"});
    assert_eq!(serde_json::to_value(&table.groups[NAME].plugins[0].settings).unwrap(), settings);
}
