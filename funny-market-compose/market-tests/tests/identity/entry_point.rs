//! A way into the market over HTTP: what is guarded there, what only its owner sees, and how a row is tried at it.

use crate::{
    carriers::Headers,
    people::{People, people},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use market_tests::Answer;
use serde_json::{Value, json};

/// 64 x 64 pixels.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsItmNKMZzQi+hcEKLNXzWgQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQELgsexgFpBl5ifgAAAABJRU5ErkJggg==";
const EDGE: &str = "edge-of-a-part";

/// One request that a stranger must not get through.
pub struct Attempt {
    method: &'static str,
    path: String,
    body: Option<(String, Vec<u8>)>,
    /// What it answers to the owner.
    opens: u16,
    /// Whether it needs more than an account.
    scoped: bool,
}

/// Where it is tried.
pub struct EntryPoint {
    /// As market.env names it.
    pub part: &'static str,
    pub guarded: fn(&Case) -> Vec<Attempt>,
    /// Public paths that show the owner's secret to her alone.
    pub veiled: fn(&Case) -> Vec<String>,
}

/// What one row may try to change: a car of its own, and a text of its own for the profile.
pub struct Case {
    pub people: &'static People,
    pub car: String,
    mark: String,
}

impl Case {
    fn new() -> Self {
        let people = people();
        Case { people, car: people.car(), mark: people.market.unique("changed") }
    }
    fn about(&self) -> Value {
        self.people.owner().get("/api/me/profile").expect(200).json()["about"].clone()
    }
    fn now(&self) -> (Value, Value, usize) {
        let car = self.people.owner().get(&format!("/api/cars/{}", self.car)).expect(200).json();
        (car["price"].clone(), car["status"].clone(), car["images"].as_array().map_or(0, Vec::len))
    }
    #[track_caller]
    fn is_unchanged(&self) {
        assert_eq!(self.now(), (12_500.into(), "listed".into(), 0), "the car was changed");
        assert_ne!(self.about(), self.mark.as_str(), "the profile was changed");
    }
}

impl EntryPoint {
    /// Tries tokens that are refused with this code, for this reason.
    #[track_caller]
    pub fn refuses_tokens(&self, tokens: &[String], code: &str, why: &str) {
        let headers: Vec<Headers> = tokens.iter().map(|token| vec![("Authorization".into(), format!("Bearer {token}"))]).collect();
        self.refuses(&headers, code, why);
    }

    /// Tries requests with these headers, each of which is refused with this code.
    #[track_caller]
    pub fn refuses(&self, requests: &[Headers], code: &str, why: &str) {
        assert!(!requests.is_empty());
        let case = Case::new();
        for headers in requests {
            for attempt in (self.guarded)(&case) {
                let answer = self.send(&attempt, headers).expect_problem(401, code);
                let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
                assert!(detail.contains(why), "{} was refused for another reason than {why:?}: {detail} {headers:?}", answer.question);
                assert!(answer.header("www-authenticate").is_some_and(|v| v.to_lowercase().starts_with("bearer")), "{answer:?}");
            }
            for path in (self.veiled)(&case) {
                let answer = self.send(&Attempt::get(&path, 200), headers);
                assert!(answer.status < 500 && !answer.text().contains(&case.people.secret), "{path} shows it: {headers:?}");
            }
        }
        case.is_unchanged();
    }

    /// The same requests with a good token: the rows are refused for what is wrong with them and for nothing else.
    #[track_caller]
    pub fn opens(&self, scheme: &str) {
        let case = Case::new();
        let headers = vec![("Authorization".into(), format!("{scheme} {}", case.people.good()))];
        for attempt in (self.guarded)(&case) {
            self.send(&attempt, &headers).expect(attempt.opens);
        }
        for path in (self.veiled)(&case) {
            let answer = self.send(&Attempt::get(&path, 200), &headers).expect(200);
            assert!(answer.text().contains(&case.people.secret), "{path} does not show its owner what only she may see: {}", answer.text());
        }
        assert_ne!((case.now(), case.about()), ((12_500.into(), "listed".into(), 0), Value::Null), "nothing was changed");
    }

    /// A token that is in order and allows nothing.
    #[track_caller]
    pub fn asks_for_scopes(&self) {
        let case = Case::new();
        let scoped: Vec<Attempt> = (self.guarded)(&case).into_iter().filter(|attempt| attempt.scoped).collect();
        assert!(!scoped.is_empty());
        for scope in ["", "cars:read", "CARS:WRITE", "cars:write2 profile:writer users:admins"] {
            let token = case.people.with_claims(|c| c["scope"] = scope.into());
            for attempt in &scoped {
                self.send(attempt, &vec![("Authorization".into(), format!("Bearer {token}"))]).expect_problem(403, "scope-missing");
            }
        }
        case.is_unchanged();
    }

    #[track_caller]
    fn send(&self, attempt: &Attempt, headers: &Headers) -> Answer {
        let mut caller = people().market.at(self.part);
        for (name, value) in headers {
            caller = caller.with(name, value);
        }
        caller.send(attempt.method, &attempt.path, attempt.body.as_ref().map(|(kind, bytes)| (kind.as_str(), bytes.as_slice())))
    }
}

impl Attempt {
    pub fn get(path: &str, opens: u16) -> Self {
        Attempt { method: "GET", path: path.into(), body: None, opens, scoped: false }
    }
    fn json(method: &'static str, path: String, body: &Value, opens: u16) -> Self {
        Attempt { method, path, body: Some(("application/json".into(), body.to_string().into_bytes())), opens, scoped: true }
    }
}

/// What fm-cars guards.
pub fn of_cars(case: &Case) -> Vec<Attempt> {
    let car = format!("/api/cars/{}", case.car);
    vec![
        Attempt::get("/api/me/cars", 200),
        Attempt::json("POST", "/api/cars".into(), &json!({ "maker": "audi", "model": "a4", "price": 1, "year": 2019 }), 201),
        Attempt::json("PATCH", car.clone(), &json!({ "price": 1 }), 200),
        Attempt::json("POST", format!("{car}/sold"), &json!({}), 200),
        Attempt {
            body: Some(("text/csv".into(), b"name\n".to_vec())),
            ..Attempt::json("POST", "/api/cars/import".into(), &json!({}), 422)
        },
        Attempt::json("DELETE", format!("/api/cars/{}", case.people.market.unique("none")), &json!({}), 404),
    ]
}

/// A form with one picture: its content type and its bytes.
pub fn upload() -> (String, Vec<u8>) {
    let head = "Content-Disposition: form-data; name=\"images\"; filename=\"a.png\"\r\nContent-Type: image/png";
    let mut form = format!("--{EDGE}\r\n{head}\r\n\r\n").into_bytes();
    form.extend(STANDARD.decode(PICTURE).unwrap());
    form.extend(format!("\r\n--{EDGE}--\r\n").bytes());
    (format!("multipart/form-data; boundary={EDGE}"), form)
}

/// What fm-image guards.
pub fn of_image(case: &Case) -> Vec<Attempt> {
    let images = format!("/api/cars/{}/images", case.car);
    vec![
        Attempt { body: Some(upload()), ..Attempt::json("POST", images.clone(), &json!({}), 201) },
        Attempt::json("PUT", format!("{images}/order"), &json!({ "keys": ["none"] }), 422),
        Attempt::json("DELETE", format!("{images}/{}", "0".repeat(32)), &json!({}), 204),
    ]
}

/// What fm-profile guards.
pub fn of_profile(case: &Case) -> Vec<Attempt> {
    vec![
        Attempt::get("/api/me", 200),
        Attempt::get("/api/me/profile", 200),
        Attempt::json("PATCH", "/api/me/profile".into(), &json!({ "about": case.mark }), 200),
        Attempt { scoped: true, ..Attempt::get("/api/admin/users", 200) },
        Attempt::json("PUT", "/api/admin/users/none/roles".into(), &json!({ "roles": ["user"] }), 404),
    ]
}

/// The victim's draft, which is there for nobody else.
pub fn draft(case: &Case) -> String {
    format!("/api/cars/{}", case.people.draft)
}

/// The victim's profile, which shows her telephone number to those who are signed in.
pub fn profile(case: &Case) -> String {
    format!("/api/profiles/{}", case.people.victim.id)
}

/// All rows at a entry point.
macro_rules! at_entry_point {
    ($entry_point:expr) => {
        fn token(tokens: &[String], code: &str, why: &str) {
            $entry_point.refuses_tokens(tokens, code, why);
        }
        fn carrier(requests: &[$crate::carriers::Headers], code: &str) {
            $entry_point.refuses(requests, code, "");
        }
        $crate::tokens::refused_at!(token);
        $crate::carriers::not_carried_to!(carrier);

        #[test]
        fn a_good_token_opens_what_the_rows_are_refused() {
            $entry_point.opens("Bearer");
        }
        #[test]
        fn the_scheme_is_read_in_any_case() {
            ["bearer", "BEARER", "bEaReR"].iter().for_each(|scheme| $entry_point.opens(scheme));
        }
        #[test]
        fn a_token_without_the_scope_does_not_suffice() {
            $entry_point.asks_for_scopes();
        }
    };
}
pub(crate) use at_entry_point;
