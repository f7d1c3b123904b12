//! Many routes that are switched on or off at once.

use crate::support::{Browser, Operator, Reply, TestApp, value_of};
use serde_json::{Value, json};

/// So many routes of two groups; every tenth is switched off.
async fn app(count: usize) -> TestApp {
    let route = |n: usize| {
        json!({"id": format!("route-{n:03}"), "path": format!("/{n}"), "group": if n.is_multiple_of(2) { "even" } else { "odd" }, "active": !n.is_multiple_of(10),
            "plugins": [{"plugin": "respond"}]})
    };
    TestApp::with_routes((0..count).map(route).collect()).await
}

/// The routes of the draft that are switched off.
async fn switched_off(admin: &Operator) -> Vec<String> {
    let table = admin.get("/draft").await.json()["table"].clone();
    let off = table["routes"].as_array().unwrap().iter().filter(|route| route["active"] == false);
    off.map(|route| route["id"].as_str().unwrap().to_owned()).collect()
}

fn notice(page: &str) -> &str {
    page.split("role=\"status\">").nth(1).map_or(page, |rest| rest.split('<').next().unwrap())
}

async fn follow(browser: &Browser, reply: Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text());
    browser.page(reply.header("location").unwrap()).await
}

#[actix_rt::test]
async fn routes_are_switched_in_the_draft_all_or_none() {
    let app = app(20).await;
    let admin = Operator::admin(&app).await;
    let call = async |ids: Value, active: bool| admin.json("PATCH", "/draft/routes", json!({"ids": ids, "active": active})).await;
    let before = switched_off(&admin).await;
    let refused = call(json!(["route-001", "route-999", "nothing"]), false).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "route-unknown"), "{}", refused.text());
    assert!(refused.text().contains("route-999") && refused.text().contains("nothing"), "{}", refused.text());
    assert_eq!(call(json!([]), false).await.code(), "routes-missing");
    assert_eq!(switched_off(&admin).await, before);
    assert!(!admin.get("/audit").await.text().contains("draft.switch"));

    let done = call(json!(["route-000", "route-001", "route-003", "route-003"]), false).await.json();
    assert_eq!((&done["changed"], &done["unchanged"]), (&json!(["route-001", "route-003"]), &json!(["route-000"])), "{done}");
    assert_eq!((done["changes"].as_array().unwrap().len(), &done["problems"]), (2, &json!([])), "{done}");
    assert_eq!(switched_off(&admin).await, ["route-000", "route-001", "route-003", "route-010"]);
    assert_eq!(app.get("/1").await.status, 200, "a draft has no effect");
    let event = admin.get("/audit").await.json()["events"][0].clone();
    assert_eq!(
        (&event["action"], &event["target"], &event["who"]),
        (&json!("draft.switch"), &json!("2 routes"), &json!("admin")),
        "{event}"
    );
    assert_eq!(event["after"], json!({"active": false, "changed": ["route-001", "route-003"]}));

    assert_eq!(admin.send("DELETE", "/admin/api/draft", "", "").await.status, 204);
    assert_eq!(switched_off(&admin).await, before, "discarding the draft undoes it");
}

#[actix_rt::test]
async fn a_switch_that_leaves_no_route_says_so_before_it_is_published() {
    let app = app(2).await;
    let admin = Operator::admin(&app).await;
    let done = admin.json("PATCH", "/draft/routes", json!({"ids": ["route-001"], "active": false})).await.json();
    assert_eq!(done["problems"][0]["code"], "table-empty", "{done}");
}

#[actix_rt::test]
async fn selected_routes_are_switched_with_a_form_that_says_what_it_did() {
    let app = app(20).await;
    let admin = Operator::admin(&app).await;
    let browser = Browser::of(&admin);
    let selected = [("id", "route-010"), ("id", "route-011"), ("id", "route-012"), ("q", "route"), ("do", "off")];
    let page = follow(&browser, browser.submit("/admin/routes", &selected).await).await;
    assert_eq!(notice(&page), "Routes switched off in your draft: 2. Already off: 1.");
    assert!(page.contains("value=\"route\""), "the filter is kept: {page}");
    assert_eq!(switched_off(&admin).await, ["route-000", "route-010", "route-011", "route-012"]);
    let german = Browser {
        who: Operator { head: format!("{}Accept-Language: de\r\n", browser.who.head), ..browser.who.clone() },
        csrf: browser.csrf.clone(),
    };
    let page = follow(&german, german.submit("/admin/routes", &[("id", "route-010"), ("do", "on")]).await).await;
    assert_eq!(notice(&page), "Im Entwurf eingeschaltete Routen: 1. Schon eingeschaltet: 0.");
    let nothing = browser.submit("/admin/routes", &[("do", "off")]).await;
    assert!(nothing.status == 422 && nothing.text().contains("no route is selected"), "{}", nothing.text());
    let gone = browser.submit("/admin/routes", &[("id", "route-001"), ("id", "gone"), ("do", "off")]).await;
    assert!(gone.status == 422 && gone.text().contains("ids[gone]"), "{}", gone.text());
    assert_eq!(switched_off(&admin).await, ["route-000", "route-011", "route-012"]);
}

#[actix_rt::test]
async fn all_routes_that_a_filter_finds_are_switched_also_those_of_other_pages() {
    let app = app(150).await;
    let admin = Operator::admin(&app).await;
    let browser = Browser::of(&admin);
    let shown = browser.page("/admin/routes?group=odd&page=2").await;
    assert_eq!(shown.matches("name=\"id\"").count(), 25);
    let (all, mark) = (value_of(&shown, "all"), value_of(&shown, "mark"));
    let form = [("mark", mark.as_str()), ("all", &all), ("group", "odd"), ("page", "2"), ("do", "off")];
    let page = follow(&browser, browser.post("/admin/routes", &form).await).await;
    assert_eq!(notice(&page), "Routes switched off in your draft: 75. Already off: 0.");
    assert!(page.contains("2 / 2"), "the page is kept: {page}");
    assert_eq!(switched_off(&admin).await.len(), 75 + 15, "and the fifteen of the other group that were off");
}

#[actix_rt::test]
async fn a_list_that_is_not_the_one_that_was_shown_is_not_switched() {
    let app = app(20).await;
    let admin = Operator::admin(&app).await;
    let browser = Browser::of(&admin);
    let all = value_of(&browser.page("/admin/routes?state=ok").await, "all");
    let before = switched_off(&admin).await;
    for filter in [("state", "inactive"), ("state", ""), ("group", "odd")] {
        let reply = browser.submit("/admin/routes", &[("all", &all), filter, ("do", "off")]).await;
        assert!(reply.status == 412 && reply.text().contains("the list of routes has changed"), "{filter:?}: {}", reply.text());
    }
    assert_eq!(switched_off(&admin).await, before);
}

#[actix_rt::test]
async fn a_viewer_sees_no_boxes_to_select_routes_with() {
    let app = app(3).await;
    let admin = Operator::admin(&app).await;
    let viewer = Browser::of(&Operator::user(&app, &admin, "viewer", "viewer").await);
    assert!(!viewer.page("/admin/routes").await.contains("type=\"checkbox\""));
}
