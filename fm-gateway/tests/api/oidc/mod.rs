//! Tokens of an issuer of others.

mod issuer;

use crate::support::{Authority, Reply, TestApp, Upstream, ok, soon};
use fm_sdk::time::now_ms;
use issuer::{Issuer, Keys, base64, sign_with_secret, unsigned};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A route that is not public, for those whom the settings let in.
async fn guarded(upstream: &Upstream, settings: &Value) -> TestApp {
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    TestApp::with_routes(json!([{"path": "/**", "public": false, "plugins": [{"plugin": "oidc", "settings": settings}, to]}])).await
}

async fn get(app: &TestApp, headers: &str) -> Reply {
    app.send(&format!("GET /orders HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await
}

async fn with(app: &TestApp, token: &str) -> Reply {
    get(app, &format!("Authorization: Bearer {token}\r\n")).await
}

/// What a client learns of a refusal.
fn said(reply: &Reply) -> (u16, String, String) {
    (reply.status, reply.code(), reply.header("www-authenticate").unwrap_or_default().to_owned())
}

fn head(keys: &Keys, kid: &str) -> Value {
    json!({"typ": "JWT", "alg": keys.algorithm(), "kid": kid})
}

fn changed(value: &Value, change: Value) -> Value {
    let mut value = value.clone();
    for (name, new) in change.as_object().unwrap() {
        value[name] = new.clone();
    }
    value
}

fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().remove(name);
    value
}

#[actix_rt::test]
async fn a_token_of_each_kind_is_accepted_and_the_service_learns_the_user() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = [("r", Keys::rsa()), ("e", Keys::p256()), ("d", Keys::ed25519())];
    let issuer = Issuer::publishing(&keys.iter().map(|(kid, keys)| keys.jwk(kid)).collect::<Vec<_>>()).await;
    let app = guarded(&upstream, &issuer.settings()).await;
    for (kid, keys) in &keys {
        let token = keys.sign(&head(keys, kid), &issuer.claims());
        let reply = get(&app, &format!("Authorization: Bearer {token}\r\nX-Consumer-Username: root\r\n")).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "in"), "{kid}: {:?}", said(&reply));
        let seen = upstream.last();
        assert_eq!(seen.matches("x-consumer-username: ann-7\r\n").count(), 1, "{seen}");
        assert!(!seen.contains("root") && !seen.to_lowercase().contains("authorization"), "{seen}");
    }
    assert_eq!(issuer.fetches(), 1);
    app.counts(&format!("gateway_issuer_key_fetches_total{{issuer=\"{}\",outcome=\"fetched\"}} 1", issuer.url)).await;
}

#[actix_rt::test]
async fn forged_and_foreign_tokens_never_reach_the_service() {
    let upstream = Upstream::answering(ok("in")).await;
    let (rsa, ed, other) = (Keys::rsa(), Keys::ed25519(), Keys::ed25519());
    let evil = Issuer::publishing(&[other.jwk("evil")]).await;
    let jwks = [rsa.jwk("r"), ed.jwk("d"), json!({"kty": "oct", "kid": "s", "k": base64("secret")})];
    let issuer = Issuer::publishing(&jwks).await;
    let app = guarded(&upstream, &changed(&issuer.settings(), json!({"leeway": "0s", "cooldown": "1h"}))).await;
    let (good, now) = (issuer.claims(), now_ms() / 1000);
    let own = head(&ed, "d");
    let ok = ed.sign(&own, &good);
    let (signed, signature) = ok.rsplit_once('.').unwrap();
    let modulus = jwks[0]["n"].as_str().unwrap().to_owned();
    let evil_keys = format!("{}/keys", evil.url);
    let sign = |claims: Value| ed.sign(&own, &claims);
    let invalid = "token-invalid";
    for (what, token, code) in [
        ("nothing", String::new(), invalid),
        ("no token", "abc".into(), invalid),
        ("a part too many", format!("{ok}.x"), invalid),
        ("alg none", format!("{}.", unsigned(&json!({"alg": "none", "kid": "d"}), &good)), invalid),
        ("alg None, signed", other.sign(&json!({"alg": "None", "kid": "d"}), &good), invalid),
        ("no alg", ed.sign(&json!({"kid": "d"}), &good), invalid),
        ("HS256 by the RSA modulus", sign_with_secret(modulus.as_bytes(), &json!({"alg": "HS256", "kid": "r"}), &good), invalid),
        ("HS256 by the JWK", sign_with_secret(jwks[0].to_string().as_bytes(), &json!({"alg": "HS256", "kid": "r"}), &good), invalid),
        ("HS256 by a published secret", sign_with_secret(b"secret", &json!({"alg": "HS256", "kid": "s"}), &good), invalid),
        ("HS256 by nothing", sign_with_secret(b"", &json!({"alg": "HS256"}), &good), invalid),
        ("an algorithm that is not taken", rsa.sign(&json!({"alg": "RS384", "kid": "r"}), &good), invalid),
        ("another algorithm's key", ed.sign(&json!({"alg": "EdDSA", "kid": "r"}), &good), invalid),
        ("another key's id", rsa.sign(&json!({"alg": "RS256", "kid": "d"}), &good), invalid),
        ("an unknown key", other.sign(&head(&other, "evil"), &good), invalid),
        ("an unknown key under a known id", other.sign(&own, &good), invalid),
        ("an id that leads elsewhere", other.sign(&head(&other, "../../keys"), &good), invalid),
        ("an id that is too long", ed.sign(&head(&ed, &"d".repeat(257)), &good), invalid),
        ("an id that is no text", ed.sign(&json!({"alg": "EdDSA", "kid": ["d"]}), &good), invalid),
        ("its own key", other.sign(&changed(&own, json!({"jwk": other.jwk("d")})), &good), invalid),
        ("its own key's address", other.sign(&changed(&head(&other, "evil"), json!({"jku": evil_keys})), &good), invalid),
        ("its own certificate's address", other.sign(&changed(&head(&other, "evil"), json!({"x5u": evil_keys})), &good), invalid),
        ("an extension", ed.sign(&changed(&own, json!({"crit": ["b64"], "b64": false})), &good), invalid),
        ("a token for signing out", ed.sign(&changed(&own, json!({"typ": "logout+jwt"})), &good), invalid),
        ("a proof of possession", ed.sign(&changed(&own, json!({"typ": "dpop+jwt"})), &good), invalid),
        ("a type that is named as none", ed.sign(&changed(&own, json!({"typ": "none"})), &good), invalid),
        ("a type that says nothing", ed.sign(&changed(&own, json!({"typ": ""})), &good), invalid),
        ("a type that is no text", ed.sign(&changed(&own, json!({"typ": ["JWT"]})), &good), invalid),
        ("another payload", format!("{}.{signature}", unsigned(&own, &changed(&good, json!({"sub": "root"})))), invalid),
        ("a signature cut", format!("{signed}.{}", &signature[..80]), invalid),
        ("no signature", format!("{signed}."), invalid),
        ("expired", sign(changed(&good, json!({"exp": now - 2}))), "token-expired"),
        ("no expiry", sign(without(&good, "exp")), invalid),
        ("an expiry that is text", sign(changed(&good, json!({"exp": "9999999999"}))), invalid),
        ("not valid yet", sign(changed(&good, json!({"nbf": now + 60}))), invalid),
        ("a start that is text", sign(changed(&good, json!({"nbf": "0"}))), invalid),
        ("another issuer", sign(changed(&good, json!({"iss": "https://other.example"}))), invalid),
        ("the issuer with a slash", sign(changed(&good, json!({"iss": format!("{}/", issuer.url)}))), invalid),
        ("several issuers", sign(changed(&good, json!({"iss": [issuer.url, "https://other.example"]}))), invalid),
        ("no issuer", sign(without(&good, "iss")), invalid),
        ("another audience", sign(changed(&good, json!({"aud": "other"}))), invalid),
        ("other audiences", sign(changed(&good, json!({"aud": ["other", "another"]}))), invalid),
        ("no audience", sign(without(&good, "aud")), invalid),
        ("nobody", sign(without(&good, "sub")), invalid),
        ("nobody by name", sign(changed(&good, json!({"sub": ""}))), invalid),
        ("a name with a line of its own", sign(changed(&good, json!({"sub": "a\r\nx-user-id: 1"}))), invalid),
        ("claims that are a list", ed.sign(&own, &json!([good])), invalid),
        ("20,000 bytes", sign(changed(&good, json!({"pad": "x".repeat(20_000)}))), invalid),
    ] {
        let reply = with(&app, &token).await;
        let (status, found, challenge) = said(&reply);
        assert_eq!((status, found.as_str()), (401, code), "{what}");
        assert!(challenge.starts_with(&format!("bearer realm=\"{}\", error=\"invalid_token\"", issuer.url)), "{what}: {challenge}");
    }
    let twice = format!("Authorization: Bearer {ok}\r\nAuthorization: Bearer {ok}\r\n");
    for headers in [&*twice, "Authorization: Basic YTpi\r\n", "Authorization: Bearer\r\n"] {
        assert_eq!(get(&app, headers).await.code(), invalid, "{headers}");
    }
    assert_eq!(
        said(&get(&app, "X-Consumer-Username: root\r\n").await),
        (401, "token-missing".into(), format!("bearer realm=\"{}\"", issuer.url))
    );
    assert_eq!((upstream.requests(), evil.server.requests(), issuer.fetches()), (0, 0, 1));
    assert_eq!(with(&app, &ok).await.status, 200);
}

#[actix_rt::test]
async fn tokens_that_are_a_little_unusual_are_good() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = Keys::ed25519();
    let issuer = Issuer::publishing(&[keys.jwk("d")]).await;
    let app = guarded(&upstream, &issuer.settings()).await;
    let (good, now) = (issuer.claims(), now_ms() / 1000);
    for (what, head, claims) in [
        ("expired within the leeway", head(&keys, "d"), changed(&good, json!({"exp": now - 30}))),
        ("valid soon, within the leeway", head(&keys, "d"), changed(&good, json!({"nbf": now + 30}))),
        ("one audience of several", head(&keys, "d"), changed(&good, json!({"aud": ["other", "shop"]}))),
        ("no id of the only key", json!({"alg": "EdDSA"}), good.clone()),
        ("an access token (RFC 9068)", changed(&head(&keys, "d"), json!({"typ": "at+jwt"})), good.clone()),
        ("a media type (RFC 7515, 4.1.9)", changed(&head(&keys, "d"), json!({"typ": "Application/AT+JWT"})), good.clone()),
        ("no type", without(&head(&keys, "d"), "typ"), good.clone()),
    ] {
        let reply = with(&app, &keys.sign(&head, &claims)).await;
        assert_eq!(reply.status, 200, "{what}: {:?}", said(&reply));
    }
}

#[actix_rt::test]
async fn tokens_of_other_types_are_refused_where_access_tokens_are_asked_for() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = Keys::ed25519();
    let issuer = Issuer::publishing(&[keys.jwk("d")]).await;
    let app = guarded(&upstream, &changed(&issuer.settings(), json!({"token_types": ["at+jwt"]}))).await;
    let own = head(&keys, "d");
    for (head, status) in [
        (changed(&own, json!({"typ": "at+jwt"})), 200),
        (changed(&own, json!({"typ": "application/at+jwt"})), 200),
        (own.clone(), 401),
        (without(&own, "typ"), 401),
        (changed(&own, json!({"typ": "id_token"})), 401),
        (changed(&own, json!({"typ": "at+jwt "})), 401),
        (changed(&own, json!({"typ": "x/at+jwt"})), 401),
    ] {
        let reply = with(&app, &keys.sign(&head, &issuer.claims())).await;
        assert_eq!(reply.status, status, "{head}: {:?}", said(&reply));
    }
    assert_eq!(upstream.requests(), 2);
}

#[actix_rt::test]
async fn scopes_and_roles_are_needed_and_claims_become_headers() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = Keys::ed25519();
    let issuer = Issuer::publishing(&[keys.jwk("d")]).await;
    let settings = json!({
        "scopes": ["orders:read", "orders:write"], "roles_claim": "realm_access.roles", "roles": {"desk": "clerk", "heads": "admin"},
        "grant": ["clerk", "admin"], "roles_header": "x-user-roles", "forward": true,
        "headers": {"x-user-id": "sub", "x-user-email": "email", "x-user-groups": "groups", "x-user-locale": "locale"},
    });
    let app = guarded(&upstream, &changed(&issuer.settings(), settings)).await;
    let claims = |scope: Value, roles: Value| {
        changed(&issuer.claims(), json!({"scope": scope, "realm_access": {"roles": roles}, "groups": ["a", "b"]}))
    };
    let token = |claims: &Value| keys.sign(&head(&keys, "d"), claims);
    let needed = format!("bearer realm=\"{}\", error=\"insufficient_scope\", scope=\"orders:read orders:write\"", issuer.url);
    for (scope, roles, code) in [
        (json!("orders:read"), json!(["desk"]), "scope-missing"),
        (json!("orders:readorders:write"), json!(["desk"]), "scope-missing"),
        (json!("orders:read orders:write"), json!(["clerk"]), "role-missing"),
        (json!("orders:read orders:write"), json!({"desk": true}), "role-missing"),
        (json!("orders:read orders:write"), json!(null), "role-missing"),
    ] {
        let reply = with(&app, &token(&claims(scope, roles))).await;
        let challenge = if code == "scope-missing" { needed.as_str() } else { "" };
        assert_eq!(said(&reply), (403, code.into(), challenge.into()));
    }
    assert_eq!(upstream.requests(), 0);
    let good = token(&claims(json!("orders:write x orders:read"), json!(["visitor", "desk", "heads"])));
    let reply = get(&app, &format!("Authorization: Bearer {good}\r\nX-User-Locale: de\r\nX-User-Roles: root\r\n")).await;
    assert_eq!(reply.status, 200, "{:?}", said(&reply));
    let seen = upstream.last();
    for line in [
        "x-user-id: ann-7",
        "x-user-email: ann@example.org",
        "x-user-groups: a,b",
        "x-user-roles: clerk,admin",
        &format!("authorization: Bearer {good}"),
    ] {
        assert!(seen.contains(&format!("\r\n{line}\r\n")), "{line}\n{seen}");
    }
    assert!(!seen.contains("x-user-locale") && !seen.contains("root") && !seen.contains("x-consumer-username"), "{seen}");
}

#[actix_rt::test]
async fn an_issuer_without_usable_keys_lets_nobody_in() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = Keys::ed25519();
    let large = json!({"keys": [keys.jwk("d")], "pad": "x".repeat(256 * 1024)}).to_string();
    let many = json!({"keys": vec![keys.jwk("d"); 101]}).to_string();
    let evil = Issuer::publishing(&[keys.jwk("d")]).await;
    for (what, answer) in [
        ("no JSON", ok("<html>")),
        ("no keys", ok("{\"keys\": []}")),
        ("no set", ok("[]")),
        ("too large", ok(&large)),
        (
            "too large, without a length",
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n", large.len()),
        ),
        ("too many", ok(&many)),
        ("an error", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}".into()),
        ("elsewhere", format!("HTTP/1.1 302 Found\r\nLocation: {}/keys\r\nContent-Length: 0\r\n\r\n", evil.url)),
        ("cut off", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"keys\": [".into()),
        ("no HTTP", "nonsense\r\n\r\n".into()),
    ] {
        let issuer = Issuer::answering(answer).await;
        let app = guarded(&upstream, &changed(&issuer.settings(), json!({"cooldown": "1h", "timeout": "300ms"}))).await;
        let token = keys.sign(&head(&keys, "d"), &issuer.claims());
        for _ in 0..3 {
            let reply = with(&app, &token).await;
            assert_eq!(
                (reply.status, reply.code().as_str(), reply.header("retry-after")),
                (503, "issuer-unreachable", Some("1")),
                "{what}"
            );
        }
        assert_eq!(issuer.fetches(), 1, "{what}");
        app.counts(&format!("gateway_issuer_key_fetches_total{{issuer=\"{}\",outcome=\"failed\"}} 1", issuer.url)).await;
    }
    assert_eq!((upstream.requests(), evil.server.requests()), (0, 0));
}

#[actix_rt::test]
async fn a_configuration_of_another_issuer_is_refused() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = Keys::ed25519();
    let configurations: [fn(&str) -> Value; 4] = [
        |url| json!({"issuer": "https://other.example", "jwks_uri": format!("{url}/keys")}),
        |url| json!({"jwks_uri": format!("{url}/keys")}),
        |url| json!({"issuer": url, "jwks_uri": "file:///etc/keys"}),
        |url| json!({"issuer": url}),
    ];
    for configuration in configurations {
        let issuer = Issuer::configured(&[keys.jwk("d")], configuration).await;
        let app = guarded(&upstream, &changed(&issuer.settings(), json!({"cooldown": "1h"}))).await;
        let reply = with(&app, &keys.sign(&head(&keys, "d"), &issuer.claims())).await;
        assert_eq!((reply.code().as_str(), issuer.fetches()), ("issuer-unreachable", 0), "{}", configuration("self"));
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn keys_are_rotated_and_count_while_the_issuer_is_unreachable() {
    let upstream = Upstream::answering(ok("in")).await;
    let (old, new) = (Keys::ed25519(), Keys::ed25519());
    let issuer = Issuer::publishing(&[old.jwk("old")]).await;
    let settings = changed(&issuer.settings(), json!({"jwks_uri": format!("{}/keys", issuer.url), "cooldown": "100ms"}));
    let app = guarded(&upstream, &settings).await;
    let (by_old, by_new) = (old.sign(&head(&old, "old"), &issuer.claims()), new.sign(&head(&new, "new"), &issuer.claims()));
    assert_eq!(with(&app, &by_old).await.status, 200);
    issuer.publish(&[new.jwk("new")]);
    soon(async { while with(&app, &by_new).await.status != 200 {} }).await;
    assert_eq!(with(&app, &by_old).await.code(), "token-invalid");
    issuer.server.kill();
    assert_eq!(with(&app, &by_new).await.status, 200);
    // What is unknown while nobody can be asked may be good.
    let other = new.sign(&head(&new, "newer"), &issuer.claims());
    soon(async { while with(&app, &other).await.code() != "issuer-unreachable" {} }).await;
    // A new table keeps the keys.
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    app.publish(json!([{"id": "again", "path": "/**", "public": false, "plugins": [{"plugin": "oidc", "settings": settings}, to]}])).await;
    assert_eq!(with(&app, &by_new).await.status, 200);
}

#[actix_rt::test]
async fn thousands_of_unknown_keys_cost_one_fetch() {
    let upstream = Upstream::answering(ok("in")).await;
    let keys = Keys::ed25519();
    let issuer = Issuer::publishing(&[keys.jwk("d")]).await;
    let app = guarded(&upstream, &changed(&issuer.settings(), json!({"cooldown": "1h"}))).await;
    let mut client = app.connect().await;
    for n in 0..2000 {
        let token = format!("{}.{}", unsigned(&head(&keys, &format!("made-up-{n}")), &issuer.claims()), base64([7; 64]));
        let reply = client.ask(&format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n")).await;
        assert_eq!(reply.status, 401, "{n}");
    }
    assert_eq!((issuer.fetches(), upstream.requests()), (1, 0));
}

#[actix_rt::test]
async fn an_issuer_is_asked_over_tls_and_must_be_who_it_says() {
    let upstream = Upstream::answering(ok("in")).await;
    let (authority, other, keys) = (Authority::new(), Authority::new(), Keys::ed25519());
    let signed = authority.sign(&["localhost"]);
    let key = PrivateKeyDer::from_pem_slice(signed.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let acceptor: TlsAcceptor = Arc::new(config.with_no_client_auth().with_single_cert(vec![signed.der()], key).unwrap()).into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = ok(&json!({"keys": [keys.jwk("d")]}).to_string());
    let serving = actix_rt::spawn(async move {
        loop {
            let (io, _) = listener.accept().await.unwrap();
            if let Ok(mut io) = acceptor.accept(io).await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && io.read_buf(&mut head).await.is_ok_and(|read| read > 0) {}
                let _ = io.write_all(answer.as_bytes()).await;
                let _ = io.shutdown().await;
            }
        }
    });
    for (host, ca, status) in [
        ("localhost", Some(&authority), 200),
        ("localhost", Some(&other), 503),
        ("localhost", None, 503),
        ("127.0.0.1", Some(&authority), 503),
    ] {
        let url = format!("https://{host}:{port}");
        let mut settings = json!({"issuer": url, "audiences": ["market"], "jwks_uri": format!("{url}/keys")});
        if let Some(ca) = ca {
            settings["ca"] = json!(ca.pem);
        }
        let app = guarded(&upstream, &settings).await;
        let now = now_ms() / 1000;
        let token = keys.sign(&head(&keys, "d"), &json!({"iss": url, "aud": "market", "sub": "ann", "exp": now + 60}));
        assert_eq!(with(&app, &token).await.status, status, "{host} {}", ca.is_some());
    }
    serving.abort();
}
