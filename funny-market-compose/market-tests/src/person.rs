use crate::{Answer, Caller, Market};
use serde_json::{Value, json};

/// Somebody with an account, signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub username: String,
    pub password: String,
    pub access_token: String,
    pub refresh_token: String,
    /// Sends requests to the gateway in this person's name.
    pub http: Caller,
}

impl Person {
    /// Signs up under this name, with an address and a password made from it.
    pub fn sign_up(market: &Market, username: &str) -> Self {
        let password = format!("Correct-horse-{username}");
        let body = json!({ "username": username, "email": format!("{username}@example.com"), "password": password });
        let answer = market.anyone().post("/api/auth/sign-up", body).expect(201);
        Self::from_tokens(market, &answer, &password)
    }

    /// Signs in with a user name or an email address.
    pub fn sign_in(market: &Market, login: &str, password: &str) -> Self {
        let answer = market.anyone().post("/api/auth/sign-in", json!({ "login": login, "password": password })).expect(200);
        Self::from_tokens(market, &answer, password)
    }

    fn from_tokens(market: &Market, answer: &Answer, password: &str) -> Self {
        let tokens = answer.json();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not all of a sign-in: {}", answer.text())).to_owned();
        let access_token = text(&tokens["access_token"]);
        Self {
            id: text(&tokens["user"]["id"]),
            username: text(&tokens["user"]["username"]),
            password: password.to_owned(),
            refresh_token: text(&tokens["refresh_token"]),
            http: market.anyone().bearing(&access_token),
            access_token,
        }
    }

    /// Lists a car with these facts over plain ones, and returns it.
    pub fn lists_a_car(&self, facts: Value) -> Value {
        let mut car = json!({ "maker": "audi", "model": "a4", "price": 12_500, "year": 2019, "status": "listed" });
        if let (Some(car), Some(facts)) = (car.as_object_mut(), facts.as_object()) {
            car.extend(facts.clone());
        }
        self.http.post("/api/cars", car).expect(201).json()
    }

    /// Uploads these files to a car of theirs, and returns its pictures.
    pub fn adds_pictures(&self, car: &str, files: &[&[u8]]) -> Value {
        let (kind, body) = form(files);
        let answer = self.http.send("POST", &format!("/api/cars/{car}/images"), Some((&kind, &body)));
        answer.expect(201).json()["images"].clone()
    }
}

/// A form with these files as `images`: its content type and its body (RFC 7578).
pub fn form(files: &[&[u8]]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "end-of-one-picture";
    let mut body = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"images\"; filename=\"{n}\"\r\n\r\n");
        body.extend([head.as_bytes(), file, b"\r\n"].concat());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
