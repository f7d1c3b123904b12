use super::{JSON, Row, assert_problem, at_both};
use market_tests::Market;
use serde_json::{Value, json};

#[test]
fn a_bad_account_is_not_made() {
    let market = Market::running();
    let name = market.unique("bad");
    let (mail, good) = (format!("{name}@example.com"), format!("Correct-horse-{name}"));
    let rows: Vec<Row<Value>> = vec![
        (json!({ "username": "", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "a b", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "../x", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "x".repeat(41), "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": "n\u{0}l", "email": mail, "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": "nobody", "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": "a@b\r\nBcc: c@d.example", "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": format!("{}@example.com", "x".repeat(1000)), "password": good }), 422, "invalid"),
        (json!({ "username": name, "email": mail, "password": "short" }), 422, "invalid"),
        (json!({ "username": name, "email": mail, "password": "password1234" }), 422, "invalid"),
        (json!({ "username": name, "email": mail, "password": "x".repeat(10_000) }), 422, "invalid"),
        (json!({ "username": name, "email": mail }), 400, "malformed"),
        (json!({ "username": name, "email": mail, "password": 7 }), 400, "malformed"),
        (json!({ "username": name, "email": mail, "password": good, "roles": ["admin"] }), 400, "malformed"),
        (json!({ "username": { "$ne": "" }, "email": mail, "password": good }), 400, "malformed"),
        (json!([]), 400, "malformed"),
    ];
    for caller in [market.anyone(), market.at("profile")] {
        for (body, status, code) in &rows {
            assert_problem(&caller.post("/api/auth/sign-up", body.clone()), *status, code, &body.to_string());
        }
        caller.send("POST", "/api/auth/sign-up", Some(("text/plain", b"x"))).expect_problem(415, "unsupported-media-type");
        for body in
            [json!({ "login": name }), json!({ "login": name, "password": good, "x": 1 }), json!({ "login": [name], "password": good })]
        {
            caller.post("/api/auth/sign-in", body).expect_problem(400, "malformed");
        }
        for token in ["", "x", &"x".repeat(10_000), "../..", "\u{0}"] {
            let answer = caller.post("/api/auth/refresh", json!({ "refresh_token": token }));
            assert!([400, 401, 422].contains(&answer.status), "{token:?}: {answer:?}");
        }
    }
    // Neither name nor address was taken by any of them.
    market.anyone().post("/api/auth/sign-up", json!({ "username": name, "email": mail, "password": good })).expect(201);
}

#[test]
fn bad_changes_of_an_account_change_nothing() {
    let market = Market::running();
    let person = market.someone();
    let before = (person.http.get("/api/me").expect(200).json(), person.http.get("/api/me/profile").expect(200).json());
    for caller in at_both(&market, &person, "profile") {
        for (path, body, status) in [
            ("/api/me", json!({ "username": "" }), 422),
            ("/api/me", json!({ "email": "nobody" }), 422),
            ("/api/me", json!({ "username": 1 }), 400),
            ("/api/me", json!({ "id": "x" }), 400),
            ("/api/me", json!({ "roles": ["admin"] }), 400),
            ("/api/me", json!({ "epoch": 0 }), 400),
            ("/api/me/profile", json!({ "about": "x".repeat(10_000) }), 422),
            ("/api/me/profile", json!({ "about": "x".repeat(100_000) }), 413),
            ("/api/me/profile", json!({ "phone": "x".repeat(1_000) }), 422),
            ("/api/me/profile", json!({ "name": ["x"] }), 400),
            ("/api/me/profile", json!({ "name": "good", "phone": "x".repeat(1_000) }), 422),
            ("/api/me/profile", json!({ "user_id": "x" }), 400),
        ] {
            let code = match status {
                413 => "too-large",
                422 => "invalid",
                _ => "malformed",
            };
            assert_problem(&caller.patch(path, body.clone()), status, code, &body.to_string());
        }
        caller.put("/api/me/password", json!({ "old_password": person.password })).expect_problem(400, "malformed");
        caller.send("PUT", "/api/me/password", Some((JSON, b"{"))).expect_problem(400, "malformed");
    }
    assert_eq!((person.http.get("/api/me").expect(200).json(), person.http.get("/api/me/profile").expect(200).json()), before);
}
