use crate::{Answer, Request};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};
use ureq::{Agent, http};

/// How long an answer may take, unless the caller says otherwise.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Between two attempts of a request that is repeated.
const RETRY_DELAY: Duration = Duration::from_millis(250);
/// The largest body that is read, in bytes.
const MAX_BODY: u64 = 64 << 20;

/// An HTTP client of one address that sends its headers with every request.
#[derive(Debug, Clone)]
pub struct Caller {
    agent: Agent,
    base: String,
    headers: Vec<(String, String)>,
}

impl Caller {
    /// Calls this address; each request has a connection of its own and 20 s.
    pub fn new(base: impl Into<String>) -> Self {
        Self { agent: agent(TIMEOUT, 0), base: base.into(), headers: Vec::new() }
    }

    /// Waits this long for an answer.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { agent: agent(timeout, 0), ..self }
    }

    /// Waits this long for an answer, and keeps connections for the next requests.
    pub fn keep_alive(self, timeout: Duration) -> Self {
        Self { agent: agent(timeout, 4), ..self }
    }

    /// Sends this header with every request from now on.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Carries an access token.
    pub fn bearing(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json("POST", path, &body)
    }

    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.send_json("PUT", path, &body)
    }

    pub fn patch(&self, path: &str, body: Value) -> Answer {
        self.send_json("PATCH", path, &body)
    }

    pub fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Sends anything.
    ///
    /// # Panics
    /// When no answer comes.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Answer {
        self.try_send(method, path, body).unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.base))
    }

    /// Sends anything, to a market that may not be there.
    ///
    /// # Errors
    /// When no whole answer comes: refused, cut off, or not in time.
    pub fn try_send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer, ureq::Error> {
        let request = Request::new(method, path);
        self.call(&match body {
            Some((kind, bytes)) => request.body(kind, bytes),
            None => request,
        })
    }

    /// Sends a request once. Any status is an answer.
    ///
    /// # Errors
    /// When no whole answer comes: refused, cut off, or not in time.
    pub fn call(&self, request: &Request) -> Result<Answer, ureq::Error> {
        let method = request.method.as_str();
        let mut http = http::Request::builder().method(method).uri(format!("{}{}", self.base, request.path));
        for (name, value) in self.headers.iter().chain(&request.headers) {
            http = http.header(name, value);
        }
        let mut response = match &request.body {
            Some(bytes) => self.agent.run(http.body(&bytes[..])?)?,
            None if method == "GET" || method == "HEAD" => self.agent.run(http.body(())?)?,
            None => self.agent.run(http.body(&[][..])?)?,
        };
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Answer {
            question: format!("{method} {}", request.path),
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: response.body_mut().with_config().limit(MAX_BODY).read_to_vec()?,
        })
    }

    /// Sends a request again until there is an answer that is not about the market's own state; `None` after the patience.
    pub fn insist(&self, request: &Request, patience: Duration) -> Option<Answer> {
        let began = Instant::now();
        loop {
            match self.call(request) {
                Ok(answer) if !answer.is_transient() => return Some(answer),
                _ if began.elapsed() > patience => return None,
                _ => thread::sleep(RETRY_DELAY),
            }
        }
    }
}

fn agent(timeout: Duration, idle_connections: usize) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(timeout));
    config.max_idle_connections_per_host(idle_connections).build().new_agent()
}
