//! Requests of the tester that editors keep, and show as commands of curl.

use super::app;
use crate::support::{Browser, Operator};
use fm_sdk::registry::Registry;
use serde_json::{Value, json};

const SECRET: &str = "s3cret-value";

fn login() -> Value {
    json!({"method": "POST", "url": format!("/login?lang=de&token={SECRET}"), "headers": [format!("Authorization: Basic {SECRET}"), "X-Lang: de"],
        "body": json!({"name": "ann", "password": SECRET}).to_string()})
}

#[actix_rt::test]
async fn a_request_is_saved_for_all_editors_without_its_secrets() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let editor = Operator::user(&app, &admin, "ed", "editor").await;
    let saved = editor.json("PUT", "/saved-requests/Sign%20in", login()).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(saved.json()["left_out"], json!(["authorization", "body.password", "url.token"]));
    let all = admin.get("/saved-requests").await.json();
    let one = &all["requests"]["Sign in"];
    assert_eq!((&one["request"]["url"], &one["by"]), (&json!("/login?lang=de&token=***"), &json!("ed")), "{all}");
    assert_eq!(one["request"]["headers"], json!(["Authorization: ***", "X-Lang: de"]));
    for (key, entry) in app.registry.list("/fm/").await.unwrap().entries {
        assert!(!entry.value.contains(SECRET), "{key}: {}", entry.value);
    }
    let replaced = editor.json("PUT", "/saved-requests/Sign%20in", json!({"method": "GET", "url": "/"})).await;
    assert_eq!(replaced.status, 200);
    assert_eq!(admin.send("DELETE", "/admin/api/saved-requests/Sign%20in", "", "").await.status, 204);
    assert_eq!(admin.send("DELETE", "/admin/api/saved-requests/Sign%20in", "", "").await.code(), "request-unknown");
    assert_eq!(admin.get("/saved-requests").await.json()["requests"], json!({}));
    let events = admin.get("/audit").await.json()["events"].clone();
    let done: Vec<_> = (0..3).map(|n| (&events[n]["action"], &events[n]["target"], &events[n]["who"])).collect();
    let (save, delete, name) = (json!("request.save"), json!("request.delete"), json!("Sign in"));
    assert_eq!(done, [(&delete, &name, &json!("admin")), (&save, &name, &json!("ed")), (&save, &name, &json!("ed"))]);
    assert_eq!(events[1]["before"]["url"], "/login?lang=de&token=***");
}

#[actix_rt::test]
async fn saved_requests_are_bounded() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let save = async |name: &str, request: Value| admin.json("PUT", &format!("/saved-requests/{name}"), request).await;
    let plain = || json!({"method": "GET", "url": "/"});
    let large = save("large", json!({"method": "POST", "url": "/", "body": "x".repeat(9000)})).await;
    assert_eq!((large.status, large.code()), (413, "request-too-large".into()));
    assert_eq!(save(&"x".repeat(65), plain()).await.status, 422);
    assert_eq!(save("unsendable", json!({"method": "GET", "url": "nonsense"})).await.status, 400);
    for n in 0..100 {
        assert_eq!(save(&format!("n{n}"), plain()).await.status, 200);
    }
    let full = save("one-more", plain()).await;
    assert_eq!((full.status, full.code()), (409, "requests-full".into()));
    assert_eq!(save("n7", plain()).await.status, 200, "one that is there is replaced");
}

#[actix_rt::test]
async fn the_tester_saves_loads_and_deletes_a_request_by_forms() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let header = format!("Authorization: Bearer {SECRET}\nX-Lang: de");
    let typed = [("method", "POST"), ("url", "/a?b=1"), ("headers", &header), ("body", "it's"), ("name", "Größe (DE)")];
    let with = |verb: &'static str| [typed[0], typed[1], typed[2], typed[3], typed[4], ("do", verb)];
    let saved = browser.post("/admin/test?lang=de", &with("save")).await.text();
    assert!(saved.contains("Die Anfrage ist gespeichert. Nicht gespeichert, neu einzugeben: authorization."), "{saved}");
    assert!(saved.contains(SECRET), "what was typed stays: {saved}");
    let loaded = browser.page("/admin/test?saved=Gr%C3%B6%C3%9Fe%20(DE)").await;
    assert!(loaded.contains("Not kept, type them anew: authorization.") && !loaded.contains(SECRET), "{loaded}");
    assert!(loaded.contains("value=\"/a?b=1\"") && loaded.contains("Authorization: ***\nX-Lang: de</textarea>"), "{loaded}");
    let unnamed = browser.post("/admin/test?lang=de", &[typed[0], typed[1], ("do", "save")]).await.text();
    assert!(unnamed.contains("muss 1 bis 64 Zeichen haben"), "{unnamed}");
    assert_eq!(browser.get("/admin/test?saved=nothing").await.status, 404);
    let deleted = browser.post("/admin/test", &[("do", "delete Größe (DE)")]).await;
    assert_eq!(deleted.header("location"), Some("/admin/test?done=request-deleted"), "{}", deleted.text());
    assert!(!browser.page("/admin/test").await.contains("Größe (DE)"));
}

#[actix_rt::test]
async fn the_tester_shows_a_request_as_a_curl_command_without_sending_it() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let header = format!("Authorization: Bearer {SECRET}");
    let form = [("method", "POST"), ("url", "/a?b=1"), ("headers", header.as_str()), ("body", "it's"), ("do", "curl")];
    let page = browser.post("/admin/test", &form).await.text();
    let command = page.split("<pre id=\"curl\"").nth(1).unwrap().split('>').nth(1).unwrap().split("</pre").next().unwrap();
    let text = command.replace("&#39;", "'");
    let expected = [
        "curl --request POST",
        &format!("--header '{header}'"),
        "--header 'Content-Type:'",
        r"--data-raw 'it'\''s'",
        &format!("'http://{}/a?b=1'", app.address),
    ];
    assert_eq!(text, expected.join(" \\\n  "));
    assert!(!page.contains("Steps of"), "nothing was sent: {page}");
    let sent = browser.post("/admin/test", &[("method", "GET"), ("url", "/")]).await.text();
    assert!(sent.contains("Steps of") && sent.contains(&format!("curl http://{}/", app.address)), "{sent}");
}
