//! A gateway without any route: the ways to the first ones.

use crate::support::{Browser, Operator, TestApp, until, value_of};
use fm_gateway::table::{FirstTable, market};
use fm_sdk::registry::MemoryRegistry;
use serde_json::{Value, json};

/// A gateway whose registry has no table and gets none by itself.
async fn empty() -> TestApp {
    TestApp::on(MemoryRegistry::new(), tempfile::tempdir().unwrap(), |_, own| own.first_table = FirstTable::None)
}

fn document() -> Value {
    json!({"openapi": "3.1.0", "info": {"title": "Cars", "version": "1"}, "paths": {
        "/api/cars": {"get": {"summary": "Search"}, "post": {}}, "/api/cars/{car-id}.json": {"get": {}, "trace": {}}}})
}

fn ids(table: &Value) -> Vec<&str> {
    table["routes"].as_array().unwrap().iter().map(|route| route["id"].as_str().unwrap()).collect()
}

#[actix_rt::test]
async fn a_gateway_without_routes_offers_the_markets_table_which_is_reviewed_and_published() {
    let app = empty().await;
    let admin = Operator::admin(&app).await;
    assert_eq!(admin.get("/table").await.json()["table"]["routes"], json!([]));
    let browser = Browser::of(&admin);
    let page = browser.page("/admin/routes").await;
    for way in ["action=\"/admin/first-table\"", "href=\"/admin/backup#import\"", "href=\"/admin/new-route\""] {
        assert!(page.contains(way), "{way}: {page}");
    }
    assert!(browser.page("/admin/routes?lang=de").await.contains("Es gibt noch keine Routen"));
    assert!(browser.page("/admin/").await.contains("<a href=\"/admin/routes\">three ways to begin</a>"));
    let editor = Browser::of(&Operator::user(&app, &admin, "ed", "editor").await);
    let page = editor.page("/admin/routes").await;
    assert!(page.contains("/admin/first-table") && !page.contains("/admin/backup"), "{page}");
    let viewer = Browser::of(&Operator::user(&app, &admin, "vera", "viewer").await);
    let page = viewer.page("/admin/routes").await;
    assert!(page.contains("There are no routes yet") && !page.contains("/admin/first-table"), "{page}");

    let mark = value_of(&browser.page("/admin/routes").await, "mark");
    let taken = browser.post("/admin/first-table", &[("mark", &mark)]).await;
    assert_eq!(taken.header("location"), Some("/admin/publish?done=saved"), "{}", taken.text());
    assert_eq!(app.table().revision, None, "a draft has no effect");
    let event = admin.get("/audit").await.json()["events"][0].clone();
    assert_eq!((&event["action"], &event["after"]), (&json!("draft.first-table"), &json!({"routes": market().routes.len()})), "{event}");
    assert!(browser.page("/admin/publish").await.contains("the table is valid."));
    let published = browser.submit("/admin/publish", &[("do", "publish"), ("comment", "first")]).await;
    assert_eq!(published.status, 303, "{}", published.text());
    app.loaded().await;
    assert_eq!(app.get("/api/cars").await.code(), "service-down");
    assert_eq!(browser.post("/admin/first-table", &[]).await.status, 409);
    assert_eq!(admin.json("POST", "/draft/first-table", json!({})).await.code(), "table-not-empty");
}

#[actix_rt::test]
async fn a_script_brings_an_empty_gateway_the_markets_table() {
    let app = empty().await;
    let admin = Operator::admin(&app).await;
    let program = Operator::program(&app, &admin, "editor").await;
    let taken = program.json("POST", "/draft/first-table", json!({})).await.json();
    assert_eq!((&taken["base"], &taken["problems"], &taken["routes"]), (&json!(0), &json!([]), &json!(market().routes.len())), "{taken}");
    let draft = program.get("/draft").await.json();
    let published = program.json_at("PUT", "/table", 0, json!({"table": draft["table"]})).await;
    assert_eq!(published.status, 200, "{}", published.text());
    app.loaded().await;
}

#[actix_rt::test]
async fn an_openapi_document_is_previewed_with_its_warnings_and_added_to_the_table() {
    let app = super::app().await;
    let admin = Operator::admin(&app).await;
    let refused = admin.json("POST", "/backup/preview", document()).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let preview = admin.json("POST", "/backup/preview?service=fm-cars", document()).await.json();
    let changes: Vec<_> = preview["changes"].as_array().unwrap().iter().map(|c| (c["id"].clone(), c["kind"].clone())).collect();
    let added = |id: &str| (json!(id), json!("added"));
    assert_eq!(changes, [added("fm-cars-api-cars"), added("fm-cars-api-cars-car_id")], "{preview}");
    let warnings = preview["warnings"].to_string();
    for warned in ["all routes are public", "TRACE /api/cars/{car-id}.json is left out", "is taken as a whole"] {
        assert!(warnings.contains(warned), "{warned}: {warnings}");
    }
    assert_eq!(preview["problems"], json!([]));
    assert_eq!(ids(&admin.get("/table").await.json()["table"]), ["all"], "a preview changes nothing");

    let revision = preview["revision"].as_i64().unwrap();
    let stale = admin.json_at("POST", "/backup/import?service=fm-cars", revision + 1, document()).await;
    assert_eq!((stale.status, stale.code()), (412, "table-changed".into()));
    let imported = admin.json_at("POST", "/backup/import?service=fm-cars", revision, document()).await;
    assert_eq!((imported.status, imported.json()["warnings"].to_string()), (200, warnings));
    assert_eq!(ids(&admin.get("/table").await.json()["table"]), ["all", "fm-cars-api-cars", "fm-cars-api-cars-car_id"]);
    let event = admin.get("/audit").await.json()["events"][0].clone();
    assert_eq!(
        (&event["action"], &event["after"]["comment"]),
        (&json!("backup.import"), &json!("2 routes, imported from Cars 1")),
        "{event}"
    );
    until("the routes are in force", || app.table().revision > Some(revision)).await;
    assert_eq!(app.get("/api/cars").await.code(), "service-down");
    assert_eq!(app.get("/").await.text(), "first", "the other route stays");
}

#[actix_rt::test]
async fn a_list_of_paths_replaces_the_routes_of_its_ids_and_leaves_the_others() {
    let app = super::app().await;
    let admin = Operator::admin(&app).await;
    let import = async |list: Value| {
        let preview = admin.json("POST", "/backup/preview", list.clone()).await.json();
        assert_eq!(preview["problems"], json!([]), "{preview}");
        admin.json_at("POST", "/backup/import", preview["revision"].as_i64().unwrap(), list).await;
        preview["changes"].as_array().unwrap().iter().map(|c| format!("{} {}", c["kind"], c["id"]).replace('"', "")).collect::<Vec<_>>()
    };
    let list =
        json!([{"path": "/old/**", "methods": ["GET"], "target": "http://10.0.0.7:8080"}, {"path": "/api/cars", "target": "fm-cars"}]);
    assert_eq!(import(list.clone()).await, ["added 10.0.0.7-8080-old---", "added fm-cars-api-cars"]);
    let second = json!([{"path": "/api/cars", "methods": ["GET"], "target": "fm-cars"}]);
    assert_eq!(import(second).await, ["changed fm-cars-api-cars"]);
    assert_eq!(ids(&admin.get("/table").await.json()["table"]), ["all", "10.0.0.7-8080-old---", "fm-cars-api-cars"]);
    for (bad, why) in [
        (json!([{"path": "/a", "target": "a", "roles": []}]), "entry 1: unknown field `roles`"),
        (json!(vec![json!({"path": "/a", "target": "a"}); 10_001]), "more than 10000 paths"),
        (json!({"swagger": "2.0"}), "unknown field `swagger`"),
    ] {
        let refused = admin.json("POST", "/backup/preview", bad).await;
        assert_eq!((refused.status, refused.code()), (400, "import-invalid".into()));
        assert!(refused.text().contains(why), "{}", refused.text());
    }
}

#[actix_rt::test]
async fn the_form_imports_only_what_it_has_previewed_and_says_in_place_what_is_wrong() {
    let app = super::app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let text = document().to_string();
    let german = browser.post("/admin/backup?lang=de", &[("text", &text), ("do", "preview")]).await.text();
    assert!(german.contains("ein OpenAPI-Dokument braucht den Dienst") && german.contains("/api/cars"), "{german}");
    let unreadable = browser.post("/admin/backup", &[("text", "<yaml"), ("do", "preview")]).await.text();
    assert!(unreadable.contains("it is no JSON") && unreadable.contains("&#60;yaml"), "what was typed is kept: {unreadable}");

    let typed = [("text", text.as_str()), ("service", "fm-cars")];
    let preview = browser.post("/admin/backup?lang=de", &[typed[0], typed[1], ("do", "preview")]).await.text();
    assert!(preview.contains("TRACE /api/cars/{car-id}.json fehlt") && preview.contains("alle Routen sind öffentlich"), "{preview}");
    let (base, previewed) = (value_of(&preview, "base"), value_of(&preview, "previewed"));
    let given = [("base", base.as_str()), ("previewed", &previewed), ("do", "import")];
    let before = app.table().revision;
    let other = [("text", text.as_str()), ("service", "fm-other"), given[0], given[1], given[2]];
    let again = browser.post("/admin/backup", &other).await;
    assert!(again.status == 200 && again.text().contains("fm-other-api-cars"), "it is previewed first: {}", again.text());
    let imported = browser.post("/admin/backup", &[typed[0], typed[1], given[0], given[1], given[2]]).await;
    assert_eq!(imported.status, 303, "{}", imported.text());
    until("the routes are in force", || app.table().revision > before).await;
    assert_eq!(app.get("/api/cars").await.code(), "service-down");
}
