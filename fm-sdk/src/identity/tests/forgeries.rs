//! Forged access tokens. Each is refused, and for its own reason: a test that is refused for another one would prove nothing.

use super::forge::{Forge, NOW, encode, raw, replace};
use crate::identity::rejection::TokenRejection;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

macro_rules! refused {
    ($($name:ident: $rejection:ident = $forge:expr;)*) => { $(
        #[test]
        fn $name() {
            let forge = Forge::new();
            let make: fn(&Forge) -> Vec<String> = $forge;
            let tokens = make(&forge);
            assert!(!tokens.is_empty());
            for token in tokens {
                assert_eq!(forge.verifier.access(&token).map(|_| ()), Err(TokenRejection::$rejection), "{token}");
                assert_eq!(forge.verifier.access(&token).map(|_| ()), Err(TokenRejection::$rejection), "the second time: {token}");
            }
            assert!(forge.verifier.access(&forge.good()).is_ok(), "a good token passes beside it");
        }
    )* };
}

refused! {
    an_unsigned_token: Algorithm = |f| ["none", "None", "NONE", ""].iter().flat_map(|alg| {
        let token = f.with_header(|h| h["alg"] = (*alg).into());
        [replace(&token, 2, ""), token]
    }).collect();
    a_token_without_algorithm: Header = |f| vec![f.with_header(|h| { h.as_object_mut().unwrap().remove("alg"); })];
    another_algorithm_in_its_name: Algorithm = |f| ["eddsa", "Ed25519", "ES256", "RS256", "EdDSA "].iter().map(|a| f.with_header(|h| h["alg"] = (*a).into())).collect();
    the_public_key_as_a_shared_secret: Algorithm = |f| {
        let secrets = [f.access.jwk().key().unwrap().as_bytes().to_vec(), f.access.jwk().x.clone().into_bytes()];
        secrets.iter().map(|secret| {
            let header = Header { typ: Some("at+jwt".into()), kid: Some(f.access.kid().into()), ..Header::new(Algorithm::HS256) };
            jsonwebtoken::encode(&header, &f.claims(), &EncodingKey::from_secret(secret)).unwrap()
        }).collect()
    };
    a_shared_secret_that_calls_itself_eddsa: Signature = |f| {
        let mac = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &f.claims(), &EncodingKey::from_secret(b"x")).unwrap();
        vec![replace(&f.good(), 2, mac.rsplit('.').next().unwrap())]
    };
    a_key_that_nobody_published: KeyUnknown = |f| vec![f.token(|h| h["kid"] = f.stranger.kid().into(), |_| {}, &f.stranger)];
    a_strangers_signature_under_a_known_key_id: Signature = |f| vec![f.token(|_| {}, |_| {}, &f.stranger)];
    a_service_that_signs_access_tokens: KeyUnknown = |f| vec![f.token(|h| h["kid"] = f.service.kid().into(), |_| {}, &f.service)];
    a_key_that_the_token_brings_along: Header = |f| vec![
        f.token(|h| h["jwk"] = serde_json::to_value(f.stranger.jwk()).unwrap(), |_| {}, &f.stranger),
        f.with_header(|h| h["jku"] = "http://127.0.0.1/keys".into()),
        f.with_header(|h| h["x5u"] = "http://127.0.0.1/cert".into()),
        f.with_header(|h| h["x5c"] = vec!["MAA="].into()),
    ];
    critical_and_other_extra_headers: Header = |f| vec![
        f.with_header(|h| h["crit"] = vec!["exp"].into()),
        f.with_header(|h| h["crit"] = Vec::<String>::new().into()),
        f.with_header(|h| h["b64"] = false.into()),
        f.with_header(|h| h["zip"] = "DEF".into()),
        f.with_header(|h| h["Alg"] = "none".into()),
    ];
    doubled_headers: Header = |f| {
        let kid = f.access.kid();
        [format!(r#"{{"alg":"EdDSA","alg":"none","typ":"at+jwt","kid":"{kid}"}}"#), format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","kid":"{kid}"}}"#)]
            .iter().map(|h| raw(h, &f.claims().to_string(), &f.access)).collect()
    };
    headers_that_are_no_object: Header = |f| ["null", "[]", "\"EdDSA\"", "{", "", "{}x"].iter().map(|h| raw(h, &f.claims().to_string(), &f.access)).collect();
    a_token_without_key_id: Header = |f| vec![f.with_header(|h| { h.as_object_mut().unwrap().remove("kid"); }), f.with_header(|h| h["kid"] = 7.into()), f.with_header(|h| h["kid"] = serde_json::Value::Null)];
    key_ids_that_are_paths: Kid = |f| {
        let kid = f.access.kid();
        let odd = ["", "../access", "/dev/null", "../services/fm-profile/", "' OR 1=1 --", "\0", "*", "%2e%2e%2f"].map(String::from);
        odd.into_iter().chain([format!("{kid}/"), format!("/{kid}"), format!("{kid}\0"), format!("../access/{kid}"), format!(" {kid}"), kid[..42].into()])
            .map(|kid| f.with_header(|h| h["kid"] = kid.into())).collect()
    };
    a_key_id_with_spare_bits: Kid = |f| {
        let last = f.access.kid().chars().last().unwrap();
        let odd = char::from_u32(last as u32 + 1).unwrap();
        vec![f.with_header(|h| h["kid"] = format!("{}{odd}", &f.access.kid()[..42]).into())]
    };
    another_type: Type = |f| ["JWT", "fm-del+jwt", "AT+JWT", "application/at+jwt", "id+jwt", ""].iter().map(|t| f.with_header(|h| h["typ"] = (*t).into())).collect();
    another_issuer: Issuer = |f| ["https://evil.example/", "", "https://funny-market.example/fm-profile/"].iter().map(|i| f.with_claims(|c| c["iss"] = (*i).into())).collect();
    another_audience: Audience = |f| ["other-market", "", "funny-market "].iter().map(|a| f.with_claims(|c| c["aud"] = (*a).into())).collect();
    several_audiences: Claims = |f| vec![f.with_claims(|c| c["aud"] = vec!["other", "funny-market"].into())];
    missing_claims: Claims = |f| ["sub", "scope", "roles", "epoch", "iss", "aud", "jti", "iat", "exp"].iter().map(|name| f.with_claims(|c| { c.as_object_mut().unwrap().remove(*name); })).collect();
    claims_of_another_kind: Claims = |f| vec![
        f.with_claims(|c| c["exp"] = "9999999999".into()),
        f.with_claims(|c| c["exp"] = 1e300.into()),
        f.with_claims(|c| c["exp"] = u64::MAX.into()),
        f.with_claims(|c| c["epoch"] = (-1).into()),
        f.with_claims(|c| c["sub"] = serde_json::Value::Null),
        f.with_claims(|c| c["scope"] = vec!["users:admin"].into()),
        f.with_claims(|c| *c = serde_json::Value::Null),
    ];
    doubled_claims: Claims = |f| vec![raw(&f.header().to_string(), &f.claims().to_string().replacen('{', r#"{"sub":"admin","#, 1), &f.access)];
    an_edited_payload: Signature = |f| {
        let mut claims = f.claims();
        claims["scope"] = "users:admin".into();
        vec![replace(&f.good(), 1, &encode(claims.to_string())), replace(&f.good(), 1, &encode(format!("{} ", f.claims())))]
    };
    an_edited_header: Signature = |f| vec![replace(&f.good(), 0, &encode(format!("{} ", f.header())))];
    the_signature_of_another_token: Signature = |f| vec![replace(&f.good(), 2, f.with_claims(|c| c["sub"] = "u2".into()).rsplit('.').next().unwrap())];
    signatures_of_another_length: Signature = |f| [0, 1, 32, 63, 65, 128].iter().map(|n| replace(&f.good(), 2, &encode(vec![0; *n]))).collect();
    empty_signatures: Signature = |f| vec![replace(&f.good(), 2, &encode([0; 64]))];
    a_second_form_of_the_same_signature: Signature = |f| {
        // S + L is the same number modulo the group's order L (RFC 8032, section 5.1.7, demands S < L).
        const L: [u8; 32] = [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10];
        let good = f.good();
        let mut bytes = URL_SAFE_NO_PAD.decode(good.rsplit('.').next().unwrap()).unwrap();
        let mut carry = 0;
        for (byte, add) in bytes[32..].iter_mut().zip(L) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        vec![replace(&good, 2, &encode(bytes))]
    };
    an_expired_token: Expired = |f| [-5, -600, -100_000].iter().map(|ago| f.with_claims(|c| { c["iat"] = (NOW + ago - 600).into(); c["exp"] = (NOW + ago).into(); })).collect();
    a_token_from_the_future: NotYet = |f| vec![f.with_claims(|c| { c["iat"] = (NOW + 6).into(); c["exp"] = (NOW + 606).into(); })];
    a_token_that_lives_too_long: Lifetime = |f| vec![
        f.with_claims(|c| c["exp"] = (NOW + 3601).into()),
        f.with_claims(|c| c["exp"] = i64::MAX.into()),
        f.with_claims(|c| { c["iat"] = i64::MIN.into(); c["exp"] = i64::MAX.into(); }),
        f.with_claims(|c| c["exp"] = (NOW - 1).into()),
    ];
    an_old_epoch: Revoked = |f| {
        f.set("/fm/identity/epochs/u2/4", Some("4".into()));
        f.set("/fm/identity/epochs/u2/2", Some("2".into()));
        vec![f.with_claims(|c| c["sub"] = "u2".into())]
    };
    a_huge_token: TooLong = |f| vec![f.with_claims(|c| c["jti"] = "x".repeat(4096).into()), "a".repeat(10_000_000), ".".repeat(5000)];
    garbage: Shape = |f| {
        let good = f.good();
        let odd = [" ", ".", "..", "...", "a.b", "a.b.c.d", "a.b.c.d.e", "ä.ö.ü", "null", "Bearer", "=.=.=", "a a.b.c"].map(String::from);
        odd.into_iter().chain([format!(" {good}"), format!("{good}\n"), format!("{good}."), format!(".{good}"), format!("{good}="), good.replace('.', "")])
            .filter(|t| t != "..").collect()
    };
    three_empty_parts: Header = |_| vec!["..".into()];
    no_token: Missing = |_| vec![String::new()];
}
