use serde_json::Value;

/// A request that can be sent more than once.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

impl Request {
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        Self { method: method.to_owned(), path: path.into(), headers: Vec::new(), body: None }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Carries a body of this content type.
    pub fn body(self, kind: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(bytes.into()), ..self.with("content-type", kind) }
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Carries an access token.
    pub fn bearing(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }
}
