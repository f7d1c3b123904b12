use crate::{Answer, Caller, Market, Request, Result, picture};
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

/// Asks for an account; its e-mail address is made from the user name.
pub fn sign_up_request(username: &str, password: &str) -> Request {
    let body = json!({ "username": username, "email": format!("{username}@example.com"), "password": password });
    Request::new("POST", "/api/auth/sign-up").json(&body)
}

/// Asks for tokens, by user name or e-mail address.
pub fn sign_in_request(login: &str, password: &str) -> Request {
    Request::new("POST", "/api/auth/sign-in").json(&json!({ "login": login, "password": password }))
}

impl Person {
    /// Signs up under this name, with an address and a password made from it.
    ///
    /// # Panics
    /// When the account is not made.
    #[track_caller]
    pub fn sign_up(market: &Market, username: &str) -> Self {
        let created = Self::create(&market.anyone(), username, &format!("Correct-horse-{username}"));
        created.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Signs in with a user name or an email address.
    ///
    /// # Panics
    /// When the login is refused.
    #[track_caller]
    pub fn sign_in(market: &Market, login: &str, password: &str) -> Self {
        Self::log_in(&market.anyone(), login, password).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Signs up at this gateway.
    ///
    /// # Errors
    /// The account is not made: the name is taken, or the gateway does not answer.
    pub fn create(gateway: &Caller, username: &str, password: &str) -> Result<Self> {
        Self::from_tokens(gateway, &gateway.call(&sign_up_request(username, password))?.require(201)?, password)
    }

    /// Signs in at this gateway.
    ///
    /// # Errors
    /// The login is refused, or the gateway does not answer.
    pub fn log_in(gateway: &Caller, login: &str, password: &str) -> Result<Self> {
        Self::from_tokens(gateway, &gateway.call(&sign_in_request(login, password))?.require(200)?, password)
    }

    fn from_tokens(gateway: &Caller, answer: &Answer, password: &str) -> Result<Self> {
        let tokens = answer.json();
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("not all of a sign-in: {}", answer.text()));
        let access_token = text(&tokens["access_token"])?;
        Ok(Self {
            id: text(&tokens["user"]["id"])?,
            username: text(&tokens["user"]["username"])?,
            password: password.to_owned(),
            refresh_token: text(&tokens["refresh_token"])?,
            http: gateway.clone().bearing(&access_token),
            access_token,
        })
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
        let (kind, body) = picture::upload(files);
        let answer = self.http.send("POST", &format!("/api/cars/{car}/images"), Some((&kind, &body)));
        answer.expect(201).json()["images"].clone()
    }
}
