use crate::{Answer, Instance, Person};
use serde_json::Value;
use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use ureq::{Agent, http::Request};

/// The market under test.
#[derive(Debug, Clone)]
pub struct Market {
    agent: Agent,
}

impl Market {
    /// Finds the market that the environment names.
    pub fn running() -> Self {
        Self { agent: agent(Duration::from_secs(20)) }
    }

    /// Waits longer for answers.
    pub fn patient(self, within: Duration) -> Self {
        Self { agent: agent(within) }
    }

    /// Returns an address of the market: `gateway`, `gateway_admin`, `cars`, `registry`, ...
    ///
    /// # Panics
    /// When the environment does not name it.
    pub fn address(&self, of: &str) -> String {
        let name = format!("FM_MARKET_{}", of.to_uppercase());
        env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: `scripts/test market` runs these tests, or load .dev/market.env"))
    }

    /// Speaks to the gateway as nobody.
    pub fn anyone(&self) -> Caller {
        self.at("gateway")
    }

    /// Speaks to one part directly, as nobody.
    pub fn at(&self, part: &str) -> Caller {
        Caller { agent: self.agent.clone(), base: self.address(part), headers: Vec::new() }
    }

    /// Speaks to one address directly, as nobody.
    pub fn at_url(&self, url: &str) -> Caller {
        Caller { agent: self.agent.clone(), base: url.to_owned(), headers: Vec::new() }
    }

    /// Reads where a running copy of a service listens: `fm-cars-2`.
    ///
    /// # Panics
    /// When it was never started.
    pub fn url_of(&self, name: &str) -> String {
        let file = PathBuf::from(self.address("dir")).join("ports");
        let ports = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let port = ports.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        format!("http://127.0.0.1:{}", port.unwrap_or_else(|| panic!("{name} was never started")))
    }

    /// Signs up a new user with a name that nobody has.
    pub fn someone(&self) -> Person {
        Person::sign_up(self, &self.unique("user"))
    }

    /// Signs in the first administrator.
    pub fn admin(&self) -> Person {
        Person::sign_in(self, &self.address("admin_email"), &self.address("admin_password"))
    }

    /// Makes a name that no other test and no earlier run has used.
    pub fn unique(&self, stem: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // The keys of a hasher are the random numbers that std has.
        let random = RandomState::new().build_hasher().finish();
        format!("{stem}{random:x}{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// Names a running copy of a service: `fm-cars`, `fm-cars-2`.
    pub fn instance(&self, name: &str) -> Instance {
        Instance::new(PathBuf::from(self.address("dir")).join("pids"), name)
    }

    /// Runs one of the market's scripts and returns what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn script(&self, name: &str, words: &[&str]) -> String {
        self.script_with(name, words, &[])
    }

    /// Does the same, with settings in the environment that the services it starts take over.
    ///
    /// # Panics
    /// When it fails.
    pub fn script_with(&self, name: &str, words: &[&str], settings: &[(&str, &str)]) -> String {
        let program = PathBuf::from(self.address("scripts")).join(name);
        let output = Command::new(&program).args(words).envs(settings.iter().copied()).env("FM_DEV_DIR", self.address("dir")).output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name} {words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

fn agent(within: Duration) -> Agent {
    let config =
        Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(within)).max_idle_connections_per_host(0);
    config.build().new_agent()
}

/// Somebody who sends requests to one address.
#[derive(Debug, Clone)]
pub struct Caller {
    agent: Agent,
    base: String,
    headers: Vec<(String, String)>,
}

impl Caller {
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
    /// When no whole answer comes: refused, cut off, or not within 20 s.
    pub fn try_send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answered = match body {
            Some((kind, bytes)) => self.agent.run(request.header("content-type", kind).body(bytes)?),
            None if method == "GET" || method == "HEAD" => self.agent.run(request.body(())?),
            None => self.agent.run(request.body(&[][..])?),
        };
        let mut response = answered?;
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Ok(Answer {
            question: format!("{method} {path}"),
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: response.body_mut().with_config().limit(64 << 20).read_to_vec()?,
        })
    }
}
