use crate::{
    Market, PASSWORD, Person,
    market::{bearer, request},
};
use actix_web::test::TestRequest;
use fm_sdk::testing::assert_routes_are_described;
use serde_json::{Value, json};

/// Every call that has a body: method, path, a body that is right.
fn calls(who: &Person) -> Vec<(&'static str, String, Value)> {
    vec![
        ("POST", "/api/auth/sign-up".into(), json!({"username": "new", "email": "new@example.com", "password": PASSWORD})),
        ("POST", "/api/auth/sign-in".into(), json!({"login": "ann", "password": PASSWORD})),
        ("POST", "/api/auth/refresh".into(), json!({"refresh_token": who.refresh})),
        ("POST", "/api/auth/sign-out".into(), json!({"refresh_token": who.refresh})),
        ("PATCH", "/api/me".into(), json!({"username": "anna"})),
        ("PUT", "/api/me/password".into(), json!({"old_password": PASSWORD, "new_password": "a better password"})),
        ("PATCH", "/api/me/profile".into(), json!({"name": "Ann"})),
        ("PUT", format!("/api/admin/users/{}/roles", who.id), json!({"roles": ["user", "admin"]})),
        ("DELETE", "/api/me".into(), json!({"password": PASSWORD})),
    ]
}

/// Somebody who may do everything.
async fn mighty(market: &Market) -> Person {
    let ann = market.sign_up("ann").await;
    let admin = market.admin().await;
    let roles = format!("/api/admin/users/{}/roles", ann.id);
    assert_eq!(market.with_token(&admin, "PUT", &roles, json!({"roles": ["user", "admin"]})).await.status, 200);
    Person::of(&market.sign_in("ann", PASSWORD).await)
}

#[actix_rt::test]
async fn bodies_that_are_not_understood_are_refused_by_every_call() {
    let market = Market::open();
    let ann = mighty(&market).await;
    for (method, path, right) in calls(&ann) {
        let raw = |body: &'static str, kind: &'static str| {
            let request = TestRequest::default().method(method.parse().unwrap()).uri(&path).insert_header(bearer(&ann));
            request.insert_header(("Content-Type", kind)).set_payload(body)
        };
        let with = |field: &str, value: Value| {
            let mut body = right.clone();
            body[field] = value;
            request(method, &path, &body).insert_header(bearer(&ann))
        };
        let first = right.as_object().unwrap().keys().next().unwrap().clone();
        let huge = format!("{{\"{first}\": \"{}\"}}", "x".repeat(20_000)).leak();
        let cases = vec![
            ("nothing", raw("", "application/json"), 400, "malformed"),
            ("half", raw("{\"", "application/json"), 400, "malformed"),
            ("two", raw("{}{}", "application/json"), 400, "malformed"),
            ("null", raw("null", "application/json"), 400, "malformed"),
            ("a list", raw("[]", "application/json"), 400, "malformed"),
            ("not UTF-8", raw("", "application/json").set_payload(&b"{\"password\": \"\xff\xfe\"}"[..]), 400, "malformed"),
            ("not JSON", raw("a=b", "application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
            ("too large", raw(huge, "application/json"), 413, "too-large"),
            ("an unknown field", with("admin", json!(true)), 400, "malformed"),
            ("a number", with(&first, json!(1)), 400, "malformed"),
            ("an object", with(&first, json!({"a": 1})), 400, "malformed"),
            ("an unknown parameter", request(method, &format!("{path}?debug=1"), &right).insert_header(bearer(&ann)), 400, "malformed"),
        ];
        for (what, request, status, code) in cases {
            if what == "a list" && path.ends_with("profile") {
                continue;
            }
            let reply = market.anyone_with(request).await;
            assert_eq!((reply.status, reply.code().as_str()), (status, code), "{what}: {method} {path}");
        }
    }
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.json::<Value>()["username"], "ann", "nothing has changed");
}

#[actix_rt::test]
async fn values_out_of_their_limits_are_refused_with_their_field() {
    let market = Market::open();
    let ann = mighty(&market).await;
    let long = "x".repeat(3000);
    let roles = format!("/api/admin/users/{}/roles", ann.id);
    let sign_up = |username: &str, email: &str, password: &str| json!({"username": username, "email": email, "password": password});
    for (method, path, body, field) in [
        ("POST", "/api/auth/sign-up", sign_up("", "a@b.de", PASSWORD), "username"),
        ("POST", "/api/auth/sign-up", sign_up("a\u{0}bc", "a@b.de", PASSWORD), "username"),
        ("POST", "/api/auth/sign-up", sign_up("аnn", "a@b.de", PASSWORD), "username"),
        ("POST", "/api/auth/sign-up", sign_up("new", "nobody", PASSWORD), "email"),
        ("POST", "/api/auth/sign-up", sign_up("new", "a@b.de", "short"), "password"),
        ("POST", "/api/auth/sign-up", sign_up("new", "a@b.de", "password123"), "password"),
        ("POST", "/api/auth/sign-up", sign_up("new", "a@b.de", &long), "password"),
        ("POST", "/api/auth/sign-up", sign_up("long.username", "a@b.de", "Long.Username"), "password"),
        ("POST", "/api/auth/sign-in", json!({"login": "", "password": PASSWORD}), "login"),
        ("POST", "/api/auth/sign-in", json!({"login": "ann", "password": ""}), "password"),
        ("POST", "/api/auth/sign-in", json!({"login": long, "password": PASSWORD}), "login"),
        ("POST", "/api/auth/sign-in", json!({"login": "ann", "password": long}), "password"),
        ("POST", "/api/auth/sign-out", json!({"refresh_token": "nonsense"}), "refresh_token"),
        ("PATCH", "/api/me", json!({"username": "a b c"}), "username"),
        ("PATCH", "/api/me", json!({"email": ""}), "email"),
        ("PUT", "/api/me/password", json!({"old_password": PASSWORD, "new_password": "ann@example.com"}), "new_password"),
        ("PUT", "/api/me/password", json!({"old_password": "", "new_password": "a better password"}), "old_password"),
        ("PATCH", "/api/me/profile", json!({"name": long}), "name"),
        ("PATCH", "/api/me/profile", json!({"name": "two\nlines"}), "name"),
        ("PATCH", "/api/me/profile", json!({"location": long}), "location"),
        ("PATCH", "/api/me/profile", json!({"phone": "call me"}), "phone"),
        ("PATCH", "/api/me/profile", json!({"about": long}), "about"),
        ("PATCH", "/api/me/profile", json!({"about": "\u{0}"}), "about"),
        ("DELETE", "/api/me", json!({"password": ""}), "password"),
        ("DELETE", "/api/me", json!({"password": long}), "password"),
        ("PUT", &roles, json!({"roles": ["emperor"]}), "roles[0]"),
        ("PUT", &roles, json!({"roles": vec!["user"; 17]}), "roles"),
    ] {
        let reply = market.with_token(&ann, method, path, body.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid"), "{method} {path} {body:.60}");
        assert_eq!(reply.json::<Value>()["errors"][0]["field"], field, "{method} {path}");
    }
}

#[actix_rt::test]
async fn bad_queries_and_paths_are_refused() {
    let market = Market::open();
    let ann = mighty(&market).await;
    for (path, status, code) in [
        ("/api/admin/users?page=0", 400, "invalid"),
        ("/api/admin/users?per_page=101", 400, "invalid"),
        ("/api/admin/users?page=x", 400, "malformed"),
        ("/api/admin/users?page=1&page=2", 400, "malformed"),
        ("/api/admin/users?page=99999999999", 400, "malformed"),
        ("/api/admin/users?sort=name", 400, "malformed"),
        ("/api/me?x=1", 400, "malformed"),
        ("/api/me/profile?x=1", 400, "malformed"),
        ("/.well-known/jwks.json?x=1", 400, "malformed"),
        ("/api/profiles/x?y=1", 400, "malformed"),
        ("/api/profiles/%00", 404, "user-unknown"),
        ("/api/profiles/%ff", 404, "user-unknown"),
        ("/api/profiles/..%2f..%2fetc", 404, "user-unknown"),
        ("/api/me/deletions/x", 404, "deletion-unknown"),
        ("/api/me/deletions/%00", 404, "deletion-unknown"),
        ("/api/me/deletions/x?y=1", 400, "malformed"),
    ] {
        let reply = market.with_token(&ann, "GET", path, Value::Null).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
    }
    let page: Value = market.with_token(&ann, "GET", "/api/admin/users?page=4294967295&per_page=100", Value::Null).await.json();
    assert_eq!(page["items"], json!([]));
    let reply = market.with_token(&ann, "PUT", "/api/admin/users/nobody/roles", json!({"roles": []})).await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "user-unknown"));
}

#[actix_rt::test]
async fn calls_of_users_need_a_good_token() {
    let market = Market::open();
    let ann = mighty(&market).await;
    let other: Vec<_> = ["/api/me", "/api/me/profile", "/api/admin/users"].map(|path| ("GET", path.to_string(), Value::Null)).into();
    for (method, path, body) in calls(&ann).into_iter().skip(3).chain(other) {
        let reply = market.anyone(method, &path, body.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "token-missing"), "{method} {path}");
        for (token, code) in [
            ("x".into(), "token-invalid"),
            (market.bus.identities().expired(&ann.id, &["profile:write"]), "token-expired"),
            (format!("{}x", ann.access), "token-invalid"),
        ] {
            let reply = market.anyone_with(request(method, &path, &body).insert_header(("Authorization", format!("Bearer {token}")))).await;
            assert_eq!((reply.status, reply.code().as_str()), (401, code), "{method} {path}");
        }
        let stranger = Person { access: market.bus.identities().user("stranger", &["profile:write", "users:admin"]), ..ann.clone() };
        let reply = market.with_token(&stranger, method, &path, body).await;
        assert!(matches!(reply.code().as_str(), "token-revoked" | "other-user"), "{method} {path}: {}", reply.code());
    }
}

#[actix_rt::test]
async fn refresh_tokens_of_any_form_are_refused_alike() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let unknown = format!("fmr_{}", "A".repeat(86));
    for token in ["", "x", "fmr_", &ann.access, &ann.refresh[4..], &format!("{}=", ann.refresh), &format!(" {}", ann.refresh), &unknown] {
        let reply = market.refresh(token).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "refresh-invalid"), "{token:?}");
    }
    assert_eq!(market.refresh(&ann.refresh).await.status, 200);
}

#[actix_rt::test]
async fn wrong_methods_are_refused_and_the_api_description_names_every_route() {
    let market = Market::open();
    let api: Value = market.bus.get("/openapi.json").await.json();
    assert_routes_are_described(&api, include_str!("../../src/routes/mod.rs"));
    for path in api["paths"].as_object().unwrap().keys() {
        for method in ["get", "post", "put", "patch", "delete"] {
            if !api["paths"][path][method].is_object() {
                let url = path.replace(['{', '}'], "");
                assert_eq!(market.anyone(&method.to_uppercase(), &url, Value::Null).await.status, 405, "{method} {path}");
            }
        }
    }
}
