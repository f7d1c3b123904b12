//! A client of the market's HTTP API that does not give up at the first failure.

use serde_json::Value;
use std::{
    net::Ipv4Addr,
    thread,
    time::{Duration, Instant},
};
use ureq::{
    Agent,
    http::{Request, Response},
};

/// One request's patience; the gateway's own is longer.
const ATTEMPT: Duration = Duration::from_secs(8);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads the body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
    /// Reads a text out of a JSON object, empty where it is none.
    pub fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_default().to_owned()
    }
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
}

impl Ask {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Ask { method, path: path.into(), headers: Vec::new(), body: None }
    }
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    pub fn json(self, body: &Value) -> Self {
        let ask = self.with("content-type", "application/json");
        Ask { body: Some(body.to_string().into_bytes()), ..ask }
    }
}

/// Sends requests to one address.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    /// Where it says that it comes from; loopback is believed to be a proxy.
    from: Option<Ipv4Addr>,
}

impl Client {
    pub fn new(port: u16) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(ATTEMPT));
        Client { agent: config.build().new_agent(), base: format!("http://127.0.0.1:{port}"), from: None }
    }

    /// Speaks for somebody at another address: who makes many accounts or signs in wrongly from one is slowed down.
    pub fn for_person(mut self, number: usize) -> Self {
        self.from = u32::try_from(number).ok().map(|n| Ipv4Addr::from(0x0a00_0000 | (n & 0x00ff_ffff)));
        self
    }

    /// Sends it once.
    ///
    /// # Errors
    /// No whole answer came.
    pub fn once(&self, ask: &Ask, token: Option<&str>) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(ask.method).uri(format!("{}{}", self.base, ask.path));
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(from) = self.from {
            request = request.header("x-forwarded-for", from.to_string());
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        match (&ask.body, ask.method) {
            (Some(body), _) => read(self.agent.run(request.body(&body[..])?)?),
            (None, "GET") => read(self.agent.run(request.body(())?)?),
            (None, _) => read(self.agent.run(request.body(&[][..])?)?),
        }
    }

    /// Sends it again and again until there is an answer that is not about the market's own state; `None` after the patience.
    pub fn insist(&self, ask: &Ask, token: Option<&str>, patience: Duration) -> Option<Answer> {
        let began = Instant::now();
        loop {
            match self.once(ask, token) {
                Ok(answer) if !may_pass(answer.status) => return Some(answer),
                _ if began.elapsed() > patience => return None,
                _ => thread::sleep(PAUSE),
            }
        }
    }
}

/// Answers after which the same request may succeed.
fn may_pass(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 429)
}

fn read(mut response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let etag = response.headers().get("etag").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = response.body_mut().with_config().limit(16 << 20).read_to_vec()?;
    Ok(Answer { status: response.status().as_u16(), etag, body })
}
