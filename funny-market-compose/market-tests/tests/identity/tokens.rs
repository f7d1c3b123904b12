//! The table of forged access tokens: each row a name, the code and the reason that it is refused with, and how its tokens are made.
//! Whatever takes tokens refuses all rows: `refused_at!(entry point)` makes one test of each.

use crate::{
    forge::{encode, hs256, now, odd_kids, part, replace},
    people::{ACCESS, People},
};
use serde_json::{Value, json};

macro_rules! table {
    ($d:tt $($name:ident: $code:literal $why:literal = $make:expr;)*) => {
        $(pub fn $name(p: &People) -> Vec<String> {
            let make: fn(&People) -> Vec<String> = $make;
            make(p)
        })*
        /// One test for each row of the table at a entry point: `fn(tokens, code, why)`.
        macro_rules! refused_at {
            ($d entry_point:path) => { $(#[test] fn $name() {
                $d entry_point(&$crate::tokens::$name($crate::people::people()), $code, $why);
            })* };
        }
        pub(crate) use refused_at;
    };
}

table! { $
    an_unsigned_token: "token-invalid" "its algorithm is not EdDSA" = |p| ["none", "None", "NONE", "nOnE", ""].iter().flat_map(|alg| {
        let token = p.with_header(|h| h["alg"] = (*alg).into());
        [replace(&token, 2, ""), token]
    }).collect();
    another_algorithm: "token-invalid" "its algorithm is not EdDSA" = |p| ["eddsa", "Ed25519", "ES256", "RS256", "HS512"].iter().map(|alg| p.with_header(|h| h["alg"] = (*alg).into())).collect();
    the_public_key_as_a_shared_secret: "token-invalid" "its algorithm is not EdDSA" = |p| p.access.public_forms().iter().map(|secret| hs256(secret, ACCESS, &p.access.kid, &p.claims())).collect();
    a_shared_secret_that_calls_itself_eddsa: "token-invalid" "its signature does not fit" = |p| p.access.public_forms().iter().map(|secret| {
        let mac = hs256(secret, ACCESS, &p.access.kid, &p.claims());
        replace(&p.good(), 2, part(&mac, 2))
    }).collect();
    a_key_that_nobody_published: "token-invalid" "its key is not known" = |p| vec![p.token(|h| h["kid"] = p.nobody.kid.clone().into(), |_| {}, &p.nobody)];
    a_strangers_signature_under_a_known_key_id: "token-invalid" "its signature does not fit" = |p| vec![p.token(|_| {}, |_| {}, &p.nobody)];
    a_service_that_signs_access_tokens: "token-invalid" "its key is not known" = |p| vec![p.token(|h| h["kid"] = p.service.kid.clone().into(), |_| {}, &p.service)];
    a_services_signature_under_the_issuers_key_id: "token-invalid" "its signature does not fit" = |p| vec![p.token(|_| {}, |_| {}, &p.service)];
    key_ids_that_are_paths_or_queries: "token-invalid" "its key id is not a thumbprint" = |p| odd_kids(&p.access.kid).into_iter().map(|kid| p.with_header(|h| h["kid"] = kid.into())).collect();
    key_ids_that_are_no_text: "token-invalid" "its header has" = |p| [json!(7), json!([p.access.kid]), json!({ "kid": p.access.kid }), Value::Null, json!(true)].into_iter().map(|kid| p.with_header(|h| h["kid"] = kid)).collect();
    no_key_id: "token-invalid" "its header has" = |p| vec![p.with_header(|h| drop(h.as_object_mut().unwrap().remove("kid")))];
    a_key_that_the_token_brings_along: "token-invalid" "its header has" = |p| {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": p.nobody.x, "kid": p.nobody.kid });
        vec![p.token(|h| h["jwk"] = jwk.clone(), |_| {}, &p.nobody), p.token(|h| { h["jwk"] = jwk.clone(); h["kid"] = p.nobody.kid.clone().into(); }, |_| {}, &p.nobody)]
    };
    keys_from_elsewhere: "token-invalid" "its header has" = |p| ["jku", "x5u", "x5c", "x5t", "crit", "zip", "b64", "cty", "Alg"].iter().map(|name| {
        p.with_header(|h| h[*name] = "http://127.0.0.1:9/keys".into())
    }).collect();
    doubled_headers: "token-invalid" "its header has" = |p| {
        let kid = &p.access.kid;
        let doubled = [format!(r#"{{"alg":"EdDSA","alg":"none","typ":"{ACCESS}","kid":"{kid}"}}"#), format!(r#"{{"alg":"EdDSA","typ":"{ACCESS}","kid":"x","kid":"{kid}"}}"#)];
        doubled.iter().map(|header| p.access.sign(header, &p.claims().to_string())).collect()
    };
    another_issuer: "token-invalid" "it comes from another issuer" = |p| ["https://evil.example/", "", "fm-profile"].iter().map(|iss| p.with_claims(|c| c["iss"] = (*iss).into())).collect();
    another_audience: "token-invalid" "it is meant for another audience" = |p| ["other-market", "", "fm-cars"].iter().map(|aud| p.with_claims(|c| c["aud"] = (*aud).into())).collect();
    another_type: "token-invalid" "it is of another type" = |p| ["JWT", "AT+JWT", "application/at+jwt", "id+jwt", "refresh", ""].iter().map(|typ| p.with_header(|h| h["typ"] = (*typ).into())).collect();
    a_refresh_token: "token-invalid" "it is not a signed compact JWT" = |p| vec![p.victim.refresh_token.clone()];
    an_edited_subject: "token-invalid" "its signature does not fit" = |p| vec![p.edited(|c| c["sub"] = p.victim.id.clone().into())];
    edited_roles: "token-invalid" "its signature does not fit" = |p| vec![p.edited(|c| { c["sub"] = p.victim.id.clone().into(); c["roles"] = json!(["admin"]); })];
    an_edited_scope: "token-invalid" "its signature does not fit" = |p| vec![p.edited(|c| { c["sub"] = p.victim.id.clone().into(); c["scope"] = p.claims()["scope"].clone(); })];
    an_edited_header: "token-invalid" "its signature does not fit" = |p| vec![replace(&p.good(), 0, &encode(format!("{} ", p.header())))];
    no_signature: "token-invalid" "it is not a signed compact JWT" = |p| vec![p.good().rsplit_once('.').unwrap().0.into()];
    an_empty_or_cut_signature: "token-invalid" "its signature does not fit" = |p| {
        let good = p.good();
        vec![replace(&good, 2, ""), replace(&good, 2, &part(&good, 2)[..40]), replace(&good, 2, &encode([0; 64])), replace(&good, 2, &encode([0; 63]))]
    };
    the_signature_of_another_token: "token-invalid" "its signature does not fit" = |p| vec![replace(&p.good(), 2, part(&p.victim.access_token, 2)), replace(&p.good(), 2, part(&p.attacker.access_token, 2))];
    an_expired_token: "token-expired" "it has expired" = |p| [10, 600, 100_000].iter().map(|ago| p.with_claims(|c| { c["iat"] = (now() - ago - 600).into(); c["exp"] = (now() - ago).into(); })).collect();
    a_token_from_the_future: "token-invalid" "it was issued in the future" = |p| vec![p.with_claims(|c| { c["iat"] = (now() + 60).into(); c["exp"] = (now() + 120).into(); })];
    a_token_that_lives_too_long: "token-invalid" "it would live too long" = |p| vec![p.with_claims(|c| c["exp"] = (now() + 86_400).into()), p.with_claims(|c| c["exp"] = i64::MAX.into())];
    a_token_from_before_the_sign_out: "token-revoked" "it was revoked" = |p| vec![p.signed_out.clone(), p.with_claims(|c| c["epoch"] = 0.into())];
    missing_claims: "token-invalid" "its claims cannot be read" = |p| ["sub", "scope", "roles", "epoch", "iss", "aud", "iat", "exp"].iter().map(|name| p.with_claims(|c| drop(c.as_object_mut().unwrap().remove(*name)))).collect();
    claims_of_another_kind: "token-invalid" "its claims cannot be read" = |p| vec![
        p.with_claims(|c| c["exp"] = "9999999999".into()),
        p.with_claims(|c| c["epoch"] = (-1).into()),
        p.with_claims(|c| c["sub"] = json!([p.victim.id])),
        p.with_claims(|c| c["aud"] = json!(["funny-market"])),
        p.access.sign(&p.header().to_string(), &p.claims().to_string().replacen('{', r#"{"sub":"somebody","#, 1)),
    ];
    garbage: "token-invalid" "it is not a signed compact JWT" = |p| {
        let good = p.good();
        ["x", ".", "a.b", "a.b.c.d", "null", "=.=.="].iter().map(|s| (*s).to_owned()).chain([format!("{good}."), format!(".{good}"), format!("{good}="), good.replace('.', "")]).collect()
    };
    a_huge_token: "token-invalid" "it is too long" = |p| vec![p.with_claims(|c| c["jti"] = "x".repeat(4096).into()), "a".repeat(5000)];
}
