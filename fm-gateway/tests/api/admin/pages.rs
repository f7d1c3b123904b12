//! The dashboard as a browser without scripts sees it.

use super::{app, respond};
use crate::support::{Browser, Operator, Reply, TestApp, one_time_password, table_of, until, value_of};
use fm_gateway::admin::{Access, api::Call, pages::PAGES, users::Role};
use fm_sdk::registry::Registry;
use serde_json::json;

fn seen(reply: &Reply) -> (u16, String) {
    (reply.status, reply.header("location").unwrap_or_default().split(['?', '#']).next().unwrap().to_owned())
}

const GENERAL: [(&str, &str); 5] = [("path", "/**"), ("priority", "0"), ("max_body", "1048576"), ("active", "1"), ("public", "1")];

fn path_of(page: &Call, app: &TestApp) -> String {
    let revision = app.table().revision.unwrap().to_string();
    format!("/admin{}", page.path.replace("{revision}", &revision).replace("{id}", "all").replace("{name}", "viewer"))
}

#[actix_rt::test]
async fn nobody_sees_a_page_without_a_session() {
    let app = app().await;
    Operator::admin(&app).await;
    let nobody = Browser { who: Operator::nobody(&app), csrf: String::new() };
    for page in PAGES.iter().filter(|page| page.access != Access::Public) {
        let path = path_of(page, &app);
        if page.method == "GET" {
            assert_eq!(seen(&nobody.get(&path).await), (303, "/admin/sign-in".into()), "{path}");
        } else {
            assert_eq!(nobody.post(&path, &[]).await.status, 401, "{path}");
        }
    }
    assert_eq!(seen(&nobody.get("/").await), (303, "/admin/".into()));
}

#[actix_rt::test]
async fn every_page_is_for_those_whose_role_may_and_a_viewer_changes_nothing() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    for role in Role::ALL {
        let browser = Browser::of(&Operator::user(&app, &admin, &format!("an-{}", role.name()), role.name()).await);
        let state = async || {
            let entries = app.registry.list("/fm/gateway/").await.unwrap().entries;
            entries.into_iter().filter(|(key, _)| !key.contains("/sessions/")).map(|(key, e)| (key, e.value)).collect::<Vec<_>>()
        };
        let before = state().await;
        for page in PAGES {
            let Access::Role(needed) = page.access else { continue };
            let path = path_of(page, &app);
            let reply = if page.method == "GET" { browser.get(&path).await } else { browser.post(&path, &[("do", "save")]).await };
            assert_eq!(reply.status == 403, role < needed, "{} {path} as {}: {}", page.method, role.name(), reply.text());
            assert_ne!(reply.status, 500, "{} {path}: {}", page.method, reply.text());
        }
        if role == Role::Viewer {
            assert_eq!(state().await, before);
        }
    }
}

#[actix_rt::test]
async fn a_form_without_its_token_is_refused() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    for page in PAGES.iter().filter(|page| page.method == "POST" && page.access != Access::Public) {
        for csrf in ["", "00"] {
            assert_eq!(browser.send(&path_of(page, &app), &[], csrf).await.status, 403, "{}", page.path);
        }
    }
}

#[actix_rt::test]
async fn the_first_sign_in_leads_to_a_new_password_and_then_to_the_overview() {
    let app = app().await;
    let password = one_time_password(&app).await;
    let nobody = Browser { who: Operator::nobody(&app), csrf: String::new() };
    let wrong = nobody.post("/admin/sign-in", &[("name", "admin"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("Name or password is wrong."));
    let signed = nobody.post("/admin/sign-in", &[("name", "admin"), ("password", &password)]).await;
    assert_eq!(seen(&signed), (303, "/admin/account".into()));
    let who = Operator::nobody(&app).with_cookie_of(&signed);
    let mut browser = Browser { who, csrf: String::new() };
    assert_eq!(seen(&browser.get("/admin/routes").await), (303, "/admin/account".into()));
    browser.csrf = value_of(&browser.page("/admin/account").await, "csrf");
    let new = "correct horse battery";
    let differ = browser.post("/admin/account", &[("old", &password), ("new", new), ("again", "x")]).await;
    assert!(differ.text().contains("The two new passwords differ."));
    let changed = browser.post("/admin/account", &[("old", &password), ("new", new), ("again", new)]).await;
    assert_eq!(seen(&changed), (303, "/admin/".into()));
    let browser = Browser { who: Operator::nobody(&app).with_cookie_of(&changed), csrf: String::new() };
    assert!(browser.page("/admin/").await.contains("Overview"));
}

#[actix_rt::test]
async fn a_pipeline_is_edited_reviewed_published_and_restored() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let first = app.table().revision.unwrap();
    // The table of the test was put into the registry directly; a version to return to comes from the first publish.
    let mut form = GENERAL.to_vec();
    form.extend([("p.0.plugin", "respond"), ("p.0.body", "edited"), ("do", "save")]);
    assert_eq!(seen(&browser.submit("/admin/routes/all", &form).await), (303, "/admin/routes/all".into()));
    assert_eq!(app.get("/").await.text(), "first", "a draft has no effect");

    form.pop();
    form.extend([("add", "rate-limit"), ("do", "add")]);
    browser.submit("/admin/routes/all", &form).await;
    let page = browser.page("/admin/routes/all").await;
    let at = |name: &str| page.find(&format!("value=\"{name}\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    assert!(at("rate-limit") < page.find("name=\"p.1.plugin\" value=\"respond\"").unwrap(), "it is added before the one that answers");
    assert!(page.contains("is missing"), "what is wrong stands in place: {page}");
    let review = browser.page("/admin/publish").await;
    assert!(review.contains("The table is not valid") && review.contains("plugins[0]"), "{review}");
    let tried = browser.post("/admin/test", &[("method", "GET"), ("url", "/"), ("table", "draft")]).await.text();
    assert!(tried.contains("is missing"), "{tried}");

    let mut fixed = GENERAL.to_vec();
    fixed.extend([
        ("p.0.plugin", "rate-limit"),
        ("p.0.rate", "100"),
        ("p.0.per", "1m"),
        ("p.1.plugin", "respond"),
        ("p.1.body", "edited"),
        ("do", "save"),
    ]);
    browser.submit("/admin/routes/all", &fixed).await;
    let review = browser.page("/admin/publish").await;
    assert!(review.contains("the table is valid.") && review.contains("Dry run"), "{review}");
    let tried = browser.post("/admin/test", &[("method", "GET"), ("url", "/"), ("table", "draft")]).await.text();
    assert!(tried.contains("rate-limit") && tried.contains("edited") && !tried.contains("first"), "{tried}");
    let published = browser.submit("/admin/publish", &[("do", "publish"), ("comment", "say edited")]).await;
    assert_eq!(seen(&published), (303, "/admin/history".into()), "{}", published.text());
    until("the edited table is in force", || app.table().revision > Some(first)).await;
    assert_eq!(app.get("/").await.text(), "edited");
    assert!(browser.page("/admin/publish").await.contains("Your draft has no changes."));

    let second = app.table().revision.unwrap();
    let mut worse = fixed.clone();
    worse.extend([("p.1.body", "worse")]);
    browser.submit("/admin/routes/all", &worse).await;
    browser.submit("/admin/publish", &[("do", "publish")]).await;
    until("the worse table is in force", || app.table().revision > Some(second)).await;
    let version = format!("/admin/history/{second}");
    let page = browser.page(&version).await;
    assert!(page.contains("worse") && page.contains("edited"), "{page}");
    let third = app.table().revision;
    browser.post(&version, &[("base", &value_of(&page, "base"))]).await;
    until("the second version is in force again", || app.table().revision > third).await;
    assert_eq!(app.get("/").await.text(), "edited");
}

#[actix_rt::test]
async fn plugins_are_moved_removed_and_dragged() {
    let app = TestApp::with_routes(json!([{"id": "all", "path": "/**", "plugins": [
        {"plugin": "ip", "settings": {"deny": ["192.0.2.1"]}}, {"plugin": "body-limit", "settings": {"bytes": 10}}, {"plugin": "respond"}]}]))
    .await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let order = async |action: (&str, &str)| {
        let mut form = GENERAL.to_vec();
        form.push(action);
        browser.submit("/admin/routes/all", &form).await;
        let page = browser.page("/admin/routes/all").await;
        let names = page.split(".plugin\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        names.collect::<Vec<String>>().join(" ")
    };
    assert_eq!(order(("do", "down 0")).await, "body-limit ip respond");
    assert_eq!(order(("do", "up 1")).await, "ip body-limit respond");
    assert_eq!(order(("order", "1,0,2")).await, "body-limit ip respond");
    assert_eq!(order(("order", "1,1,2")).await, "body-limit ip respond", "an order that is none changes nothing");
    assert_eq!(order(("do", "remove 0")).await, "ip respond");
    assert_eq!(order(("do", "remove 7")).await, "ip respond");
}

#[actix_rt::test]
async fn two_editors_see_each_other_and_merge() {
    let app = TestApp::with_routes(json!([
        {"id": "all", "path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "first"}}]},
        {"id": "other", "path": "/other", "plugins": [{"plugin": "respond", "settings": {"body": "first"}}]},
    ]))
    .await;
    let admin = Operator::admin(&app).await;
    let mine = Browser::of(&admin);
    let theirs = Operator::user(&app, &admin, "ed", "editor").await;
    let mut form = GENERAL.to_vec();
    form.extend([("p.0.plugin", "respond"), ("p.0.body", "mine"), ("do", "save")]);
    mine.submit("/admin/routes/all", &form).await;

    let base = app.table().revision.unwrap();
    let table = table_of(
        json!([respond("first")[0], {"id": "other", "path": "/other", "plugins": [{"plugin": "respond", "settings": {"body": "theirs"}}]}]),
    );
    assert_eq!(theirs.json_at("PUT", "/table", base, json!({"table": table})).await.status, 200);

    let page = mine.page("/admin/publish").await;
    assert!(page.contains("Another editor was faster") && page.contains("They are about other routes"), "{page}");
    assert_eq!(mine.submit("/admin/publish", &[("do", "publish")]).await.status, 412);
    mine.submit("/admin/publish", &[("do", "merge")]).await;
    assert_eq!(mine.submit("/admin/publish", &[("do", "publish")]).await.status, 303);
    until("both changes are in force", || app.table().revision > Some(base + 1)).await;
    until("both changes are served", || app.table().problems.is_empty()).await;
    let (table, _) = fm_gateway::table::fetch(&app.registry).await.unwrap().unwrap();
    let bodies: Vec<_> = table.routes.iter().map(|r| r.plugins[0].settings["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["mine", "theirs"]);
}

#[actix_rt::test]
async fn a_draft_that_was_changed_in_another_window_is_not_overwritten() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let mark = value_of(&browser.page("/admin/routes/all").await, "mark");
    let mut form = GENERAL.to_vec();
    form.extend([("mark", mark.as_str()), ("name", "one"), ("do", "save")]);
    assert_eq!(browser.post("/admin/routes/all", &form).await.status, 303);
    assert_eq!(browser.post("/admin/routes/all", &form).await.status, 412);
}

#[actix_rt::test]
async fn a_copied_route_keeps_its_secrets_and_no_page_shows_them() {
    let headers = json!({"plugin": "headers", "settings": {"request": {"set": {"authorization": "Basic c2VjcmV0"}}}});
    let app = TestApp::with_routes(json!([{"id": "all", "path": "/**", "plugins": [headers, {"plugin": "respond"}]}])).await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let mut form = GENERAL.to_vec();
    form.extend([("copy", "copied"), ("do", "duplicate")]);
    assert_eq!(seen(&browser.submit("/admin/routes/all", &form).await), (303, "/admin/routes/copied".into()));
    for path in ["/admin/routes/all", "/admin/routes/copied", "/admin/publish"] {
        assert!(!browser.page(path).await.contains("c2VjcmV0"), "{path}");
    }
    assert_eq!(browser.submit("/admin/publish", &[("do", "publish")]).await.status, 303);
    let (table, _) = fm_gateway::table::fetch(&app.registry).await.unwrap().unwrap();
    assert_eq!(table.routes[1].plugins[0], table.routes[0].plugins[0]);
    assert!(!browser.page("/admin/audit").await.contains("c2VjcmV0"));
}

#[actix_rt::test]
async fn pages_speak_german_run_no_foreign_code_and_escape_what_they_show() {
    let app = TestApp::with_routes(
        json!([{"id": "all", "name": "<script>alert(1)</script>", "path": "/**", "plugins": [{"plugin": "respond"}]}]),
    )
    .await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let reply = browser.get("/admin/routes").await;
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(!reply.text().contains("<script>alert"), "{}", reply.text());
    assert!(!reply.text().contains(" style=") && !reply.text().contains(" onclick="));
    let german = browser.who.send("GET", "/admin/", "Accept-Language: de-AT,en\r\n", "").await.text();
    assert!(german.contains("Übersicht") && german.contains("<html lang=\"de\">"), "{german}");
    let chosen = browser.get("/admin/?lang=de").await;
    assert!(chosen.header("set-cookie").unwrap().contains("fm_gateway_lang=de"));
    for asset in ["admin.css", "admin.js", "charts.js", "sparklines.js", "uplot.js", "uplot.css", "inter.woff2"] {
        assert_eq!(browser.get(&format!("/admin/assets/{asset}")).await.status, 200, "{asset}");
    }
    assert_eq!(browser.get("/admin/assets/nothing.js").await.status, 404);
    assert_eq!(browser.get("/admin/nothing").await.status, 404);
}

#[actix_rt::test]
async fn errors_have_the_navigation_for_who_is_signed_in_and_for_nobody_else() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let viewer = Browser::of(&Operator::user(&app, &admin, "a-viewer", "viewer").await);
    let routes = "href=\"/admin/routes\"";
    let refused = viewer.get("/admin/publish?lang=de").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains(routes) && refused.text().contains("Ihre Rolle erlaubt das nicht"), "{}", refused.text());
    let unknown = viewer.get("/admin/nothing").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains(routes) && unknown.text().contains("a-viewer"), "{}", unknown.text());
    // Also of a form whose token is wrong.
    let expired = viewer.send("/admin/account", &[], "00").await;
    assert_eq!(expired.status, 403);
    assert!(expired.text().contains(routes), "{}", expired.text());
    let nobody = Browser { who: Operator::nobody(&app), csrf: String::new() };
    let unknown = nobody.get("/admin/nothing").await;
    assert_eq!(unknown.status, 404);
    assert!(!unknown.text().contains(routes), "{}", unknown.text());
}

#[actix_rt::test]
async fn an_asset_is_kept_for_good_only_under_its_own_hash() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let style = browser.get("/admin/assets/admin.css").await;
    let (text, tag) = (style.text(), style.header("etag").unwrap().to_owned());
    assert_eq!(style.header("cache-control"), Some("no-cache"));
    let known = browser.who.send("GET", "/admin/assets/admin.css", &format!("If-None-Match: {tag}\r\n"), "").await;
    assert_eq!((known.status, known.text()), (304, String::new()));
    let font = text.split("url(\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(font.starts_with("inter.woff2?") && text.contains("font-display: swap"), "{font}");
    let kept = browser.get(&format!("/admin/assets/{font}")).await;
    assert_eq!((kept.status, kept.header("content-type")), (200, Some("font/woff2")));
    assert!(kept.header("cache-control").unwrap().contains("immutable"));
    for other in ["", "?0123456789abcdef"] {
        let reply = browser.get(&format!("/admin/assets/inter.woff2{other}")).await;
        assert_eq!(reply.header("cache-control"), Some("no-cache"), "{other}");
    }
}

#[actix_rt::test]
async fn the_tester_says_in_german_what_each_step_did_and_why_a_route_was_taken() {
    let app = TestApp::with_routes(json!([
        {"id": "all", "path": "/**", "fallback": true, "plugins": [{"plugin": "respond"}]},
        {"id": "guarded", "path": "/guarded", "plugins": [{"plugin": "ip", "settings": {"deny": ["192.0.2.1"]}}, {"plugin": "authentication"}, {"plugin": "respond"}]},
        {"id": "down", "path": "/down", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-none"}}, {"plugin": "proxy"}]},
    ]))
    .await;
    let browser = Browser::of(&Operator::admin(&app).await);
    browser.page("/admin/?lang=de").await;
    let tries = async |url: &str| {
        let form = [("method", "GET"), ("url", url), ("table", "draft")];
        let page = browser.post("/admin/test?lang=de", &form).await.text();
        assert!(page.contains("<html lang=\"de\">"), "{page}");
        // The answer is shown as clients get it.
        let (before, answer) = page.split_once("<pre").unwrap_or((&page, ""));
        format!("{before}{}", answer.split_once("</pre>").map_or("", |(_, after)| after))
    };
    let page = tries("/guarded").await;
    for said in
        ["durchgelassen", "gescheitert, 401 token-missing: erst anmelden", "nicht erreicht", "nimmt die Anfrage an", "ist ein Fallback"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let down = tries("/down").await;
    assert!(down.contains("503 service-down: keine Instanz von fm-none"), "{down}");
    let refused = tries("/%2f").await;
    assert!(refused.contains("der Pfad verbirgt ein Trennzeichen"), "{refused}");
    let unsendable = tries("nonsense").await;
    assert!(unsendable.contains("eine URL ist /pfad"), "{unsendable}");
    for page in [page, down, refused, unsendable] {
        for english in
            ["passed", "answered", "failed", "not reached", "skipped", "takes the request", "fallback, asked", "sign in first", "the path"]
        {
            assert!(!page.contains(english), "{english}: {page}");
        }
    }
}

#[actix_rt::test]
async fn users_tokens_and_backups_are_managed_with_forms() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let made = browser.post("/admin/users", &[("name", "ann"), ("role", "viewer")]).await.text();
    let password = made.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    Operator::sign_in(&app, "ann", password).await;
    assert_eq!(browser.post("/admin/users/ann", &[("role", "editor")]).await.status, 303);
    assert_eq!(browser.post("/admin/users/admin", &[("do", "delete")]).await.status, 409);
    let made = browser.post("/admin/tokens", &[("name", "ci"), ("role", "viewer"), ("days", "1")]).await.text();
    let token = made.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(Operator::with_token(&app, token).get("/table").await.status, 200);
    let backup = json!({"table": table_of(respond("imported"))}).to_string();
    let preview = browser.post("/admin/backup", &[("text", &backup), ("do", "preview")]).await.text();
    assert!(preview.contains("imported"), "{preview}");
    let before = app.table().revision;
    browser
        .post(
            "/admin/backup",
            &[("text", &backup), ("base", &value_of(&preview, "base")), ("previewed", &value_of(&preview, "previewed")), ("do", "import")],
        )
        .await;
    until("the backup is in force", || app.table().revision > before).await;
    assert_eq!(app.get("/").await.text(), "imported");
}
