use crate::{Identity, identity::MaybeIdentity, testing::TestIdentities};
use actix_web::{
    App, HttpResponse,
    http::header::{AUTHORIZATION, WWW_AUTHENTICATE},
    test::{TestRequest, call_service, init_service, read_body},
    web,
};

async fn me(who: Identity) -> crate::Result<HttpResponse> {
    Ok(HttpResponse::Ok().body(who.require("cars:read")?.sub().to_string()))
}
async fn anybody(who: MaybeIdentity) -> HttpResponse {
    HttpResponse::Ok().body(who.as_ref().map_or("nobody".to_string(), |w| w.sub().to_string()))
}

/// Asks both routes; gives status, body's code or text, and the challenge.
async fn ask(world: &TestIdentities, path: &str, headers: &[&str]) -> (u16, String, String) {
    let app = App::new().app_data(world.verifier()).route("/me", web::get().to(me)).route("/anybody", web::get().to(anybody));
    let app = init_service(app).await;
    let mut request = TestRequest::get().uri(path);
    for value in headers {
        request = request.append_header((AUTHORIZATION, *value));
    }
    let response = call_service(&app, request.to_request()).await;
    let challenge = response.headers().get(WWW_AUTHENTICATE).map_or("", |v| v.to_str().unwrap()).to_string();
    let status = response.status().as_u16();
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    let code = serde_json::from_str::<serde_json::Value>(&body).ok().and_then(|v| Some(v["code"].as_str()?.to_string()));
    (status, code.unwrap_or(body), challenge)
}

#[actix_rt::test]
async fn a_protected_route_answers_401_or_403_with_a_stable_code() {
    let world = TestIdentities::new();
    let bearer = |token: String| format!("Bearer {token}");
    let good = bearer(world.user("u1", &["cars:read"]));
    let revoked = bearer(world.user("gone", &["cars:read"]));
    world.revoke("gone");
    let cases = [
        (vec![], 401, "token-missing"),
        (vec![good.clone()], 200, "u1"),
        (vec![good.replace("Bearer", "bEARER")], 200, "u1"),
        (vec![bearer(world.user("u1", &[]))], 403, "scope-missing"),
        (vec![bearer(world.expired("u1", &["cars:read"]))], 401, "token-expired"),
        (vec![revoked], 401, "token-revoked"),
        (vec![bearer("x.y.z".into())], 401, "token-invalid"),
        (vec!["Bearer".into()], 401, "token-invalid"),
        (vec!["Bearer ".into()], 401, "token-invalid"),
        (vec![good.replace("Bearer ", "Bearer  ")], 401, "token-invalid"),
        (vec!["Basic dTpw".into()], 401, "token-invalid"),
        (vec![good.clone(), good.clone()], 401, "token-invalid"),
        (vec![good.clone(), "Basic dTpw".into()], 401, "token-invalid"),
        (vec![format!("{good}, {good}")], 401, "token-invalid"),
    ];
    for (headers, status, code) in cases {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let (got, text, challenge) = ask(&world, "/me", &headers).await;
        assert_eq!((got, text.as_str()), (status, code), "{headers:?}");
        assert_eq!(challenge.starts_with("Bearer"), status == 401, "RFC 6750, section 3: {headers:?} got {challenge:?}");
    }
}

#[actix_rt::test]
async fn a_route_for_anybody_still_refuses_a_bad_token() {
    let world = TestIdentities::new();
    let good = format!("Bearer {}", world.user("u1", &[]));
    assert_eq!(ask(&world, "/anybody", &[]).await.1, "nobody");
    assert_eq!(ask(&world, "/anybody", &[&good]).await.1, "u1");
    assert_eq!(ask(&world, "/anybody", &["Bearer x"]).await.0, 401);
    assert_eq!(ask(&world, "/anybody", &["Basic dTpw"]).await.0, 401);
}
