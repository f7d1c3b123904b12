//! Who is attacked, and by whom.

use crate::forge::{Pair, encode, now};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use market_tests::{Caller, Market, Person, wait_until};
use serde_json::{Value, json};
use std::{sync::LazyLock, time::Duration};

pub const ACCESS: &str = "at+jwt";

/// One victim for all rows: an administrator, who has all scopes, with what only she may see or change.
pub struct People {
    pub market: Market,
    pub victim: Person,
    pub attacker: Person,
    /// A token of the victim from before she signed out and in again.
    pub signed_out: String,
    /// What is told to her alone: in the description of a draft, and as her telephone number.
    pub secret: String,
    pub draft: String,
    pub access: Pair,
    pub service: Pair,
    pub nobody: Pair,
    claims: Value,
}

pub fn people() -> &'static People {
    static PEOPLE: LazyLock<People> = LazyLock::new(People::meet);
    &PEOPLE
}

impl People {
    fn meet() -> Self {
        let market = Market::running();
        let (before, attacker) = (market.someone(), market.someone());
        let roles = json!({ "roles": ["user", "dealer", "admin"] });
        market.admin().http.put(&format!("/api/admin/users/{}/roles", before.id), roles).expect(200);
        let signed = Person::sign_in(&market, &before.username, &before.password);
        signed.http.post("/api/auth/sign-out", json!({ "refresh_token": signed.refresh_token })).expect(204);
        let victim = Person::sign_in(&market, &before.username, &before.password);
        let secret = format!("+49 30 {}", now());
        victim.http.patch("/api/me/profile", json!({ "phone": secret })).expect(200);
        let draft = victim.lists_a_car(json!({ "status": "draft", "description": secret }))["id"].as_str().unwrap().to_owned();
        for part in ["gateway", "profile", "cars", "image"] {
            let refused = || market.at(part).bearing(&signed.access_token).delete("/api/cars/none/images/none").status == 401;
            let reads = || market.at(part).bearing(&signed.access_token).get("/api/me").status == 401;
            let path = || market.at(part).bearing(&signed.access_token).get("/api/me/cars").status == 401;
            let knows = || match part {
                "image" => refused(),
                "cars" => path(),
                _ => reads(),
            };
            wait_until(&format!("{part} knows of the sign-out"), Duration::from_secs(10), knows);
        }
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(crate::forge::part(&victim.access_token, 1)).unwrap()).unwrap();
        let (access, service) = (Pair::of_access(&market), Pair::of_service(&market, "fm-cars"));
        let signed_out = signed.access_token;
        People { market, victim, attacker, signed_out, secret, draft, access, service, nobody: Pair::of_nobody(), claims }
    }

    pub fn header(&self) -> Value {
        self.access.header(ACCESS)
    }
    /// Those of the victim, as if signed now.
    pub fn claims(&self) -> Value {
        let mut claims = self.claims.clone();
        (claims["iat"], claims["exp"], claims["jti"]) = (now().into(), (now() + 600).into(), self.market.unique("forged").into());
        claims
    }
    /// The victim's token, forged so well that it is as good as genuine: what the rows change is all that is wrong with them.
    pub fn good(&self) -> String {
        self.token(|_| {}, |_| {}, &self.access)
    }
    pub fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        self.token(change, |_| {}, &self.access)
    }
    pub fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        self.token(|_| {}, change, &self.access)
    }
    /// A token with a changed header and changed claims, signed afterwards with this key.
    pub fn token(&self, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value), pair: &Pair) -> String {
        let (mut h, mut c) = (self.header(), self.claims());
        header(&mut h);
        claims(&mut c);
        pair.sign(&h.to_string(), &c.to_string())
    }
    /// The attacker's own, genuine token, with other claims written over it.
    pub fn edited(&self, change: impl FnOnce(&mut Value)) -> String {
        let genuine = &self.attacker.access_token;
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(crate::forge::part(genuine, 1)).unwrap()).unwrap();
        change(&mut claims);
        crate::forge::replace(genuine, 1, &encode(claims.to_string()))
    }

    /// The victim, speaking to the gateway.
    pub fn owner(&self) -> Caller {
        self.market.anyone().bearing(&self.good())
    }
    /// A new car of the victim.
    pub fn car(&self) -> String {
        let facts = json!({ "maker": "audi", "model": "a4", "price": 12_500, "year": 2019 });
        self.owner().post("/api/cars", facts).expect(201).json()["id"].as_str().unwrap().to_owned()
    }
}
