//! Replays the contracts of a provider's consumers against what it really says.

use super::{
    documents::Documents,
    matching::compare,
    pact::{About, HttpRequest, HttpResponse, Interaction, Pact},
    path::Path as Place,
    request::RecordedRequest,
};
use crate::{
    Call, Envelope, Reply,
    testing::{HttpReply, MockBus},
};
use futures::{FutureExt, future::LocalBoxFuture};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

/// Where a provider keeps the contracts of its consumers.
const FOLDER: &str = "tests/contracts";
/// Names more of them: files and folders, separated by colons. A folder may have contracts of other providers.
const MORE: &str = "FM_CONTRACTS";

/// A call of a contract, and how this provider answers it; an `Err` says that the request cannot be read.
type Answer<'a> = Box<dyn Fn(Value) -> LocalBoxFuture<'a, Result<Reply<Value>, String>> + 'a>;

/// How this provider answers the HTTP requests of contracts, each with one reply or more.
type HttpAnswer<'a> = Box<dyn Fn(RecordedRequest) -> LocalBoxFuture<'a, Vec<HttpReply>> + 'a>;

/// Where a provider keeps its own OpenAPI document.
const DOCUMENT: &str = "schemas/openapi.json";

/// What the consumers of a provider read of its messages and HTTP answers, as their tests have recorded it: the provider's test replays it against messages
/// that it really sends and calls that its handlers answer. See `docs/testing.md`.
///
/// ```no_run
/// # use fm_sdk::{Cx, Handled, Service, messages, testing::{Contracts, MockBus}};
/// messages! {
///     event "car.sold" from "fm-cars" CarSold { car: String, price: i64 }
///     command "fm-cars/sell" from any Sell { car: String }
///     call "fm-cars/price" PriceOf { car: String } -> i64;
/// }
/// # async fn sell(m: Sell, cx: Cx<()>) -> Handled { cx.publish(CarSold { car: m.car, price: 9_900 }) }
/// # async fn price(_: PriceOf, _: Cx<()>) -> fm_sdk::Reply<i64> { Ok(9_900) }
/// # fn cars() -> Service<()> { Service::new("fm-cars", ()).command(sell).call(price) }
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(cars());
/// bus.command(Sell { car: "c7".into() }).await.acked();
/// Contracts::of_consumers("fm-cars")
///     .messages(&bus)
///     .answers::<PriceOf>(async |_| bus.call(PriceOf { car: "c7".into() }).await)
///     .verify()
///     .await;
/// # });
/// ```
#[must_use = "nothing is compared before .verify()"]
pub struct Contracts<'a> {
    provider: &'a str,
    contracts: Vec<(PathBuf, Pact)>,
    problems: Vec<String>,
    state: Option<String>,
    samples: HashMap<Option<String>, Vec<Envelope>>,
    answers: HashMap<(Option<String>, &'static str), Answer<'a>>,
    requests: HashMap<Option<String>, HttpAnswer<'a>>,
    documents: Documents,
}

impl<'a> Contracts<'a> {
    /// Reads the contracts of this provider: those in `tests/contracts`, and those of the files and folders that `FM_CONTRACTS` names.
    pub fn of_consumers(provider: &'a str) -> Self {
        let mut me = Contracts::none(provider);
        me.read_folder(Path::new(FOLDER), true);
        let more = std::env::var_os(MORE).unwrap_or_default();
        for path in std::env::split_paths(&more).filter(|path| !path.as_os_str().is_empty()) {
            if path.is_dir() { me.read_folder(&path, false) } else { me.read(path, false) }
        }
        me
    }
    /// Reads the contracts of this provider in one folder, which may also have some of others.
    pub fn in_folder(provider: &'a str, folder: &Path) -> Self {
        let mut me = Contracts::none(provider);
        me.read_folder(folder, false);
        me
    }
    fn none(provider: &'a str) -> Self {
        let (contracts, problems, state, samples) = Default::default();
        let documents = Documents::of(provider, Path::new(DOCUMENT));
        Contracts { provider, contracts, problems, state, samples, answers: HashMap::new(), requests: HashMap::new(), documents }
    }
    fn read_folder(&mut self, folder: &Path, own: bool) {
        let mut files: Vec<_> = match fs::read_dir(folder) {
            Ok(entries) => {
                entries.flatten().map(|entry| entry.path()).filter(|file| file.extension().is_some_and(|e| e == "json")).collect()
            }
            Err(_) if own => return,
            Err(e) => return self.problems.push(format!("{}: {e}", folder.display())),
        };
        files.sort();
        for file in files {
            self.read(file, own);
        }
    }
    fn read(&mut self, file: PathBuf, own: bool) {
        match Pact::read(&file) {
            Err(why) => self.problems.push(format!("{}: {why}", file.display())),
            Ok(pact) if pact.provider.name == self.provider => self.contracts.push((file, pact)),
            Ok(pact) if own => {
                self.problems.push(format!("{}: is a contract with {}, not with {}", file.display(), pact.provider.name, self.provider));
            }
            Ok(_) => {}
        }
    }

    /// What is given from here on belongs to this state of the provider, which contracts may ask for. The state of a call that fails is the
    /// code of its error (`car-unknown`).
    pub fn in_state(mut self, state: &str) -> Self {
        self.state = Some(state.into());
        self.samples.entry(self.state.clone()).or_default();
        self
    }
    /// Takes all events and commands that went out on this bus for samples of what the provider sends. All that a consumer reads must be in
    /// them, so they must be filled: optional fields too, and lists with at least one element.
    pub fn messages<S: Send + Sync + 'static>(mut self, bus: &MockBus<S>) -> Self {
        self.samples.entry(self.state.clone()).or_default().extend(bus.went_out());
        self
    }
    /// Answers a call as the provider does. The request has examples for values: the test puts in its own where they matter, such as ids.
    pub fn answers<M: Call>(mut self, answer: impl AsyncFn(M) -> Reply<M::Reply> + 'a) -> Self {
        let answer = Rc::new(answer);
        let answer = move |request: Value| {
            let answer = answer.clone();
            let asked = async move {
                let request = serde_json::from_value(request).map_err(|e| e.to_string())?;
                Ok(answer(request).await.map(|reply| json!(reply)))
            };
            asked.boxed_local()
        };
        self.answers.insert((self.state.clone(), M::AT), Box::new(answer));
        self
    }
    /// Answers HTTP requests as the provider does: `async |request| vec![request.send(&bus).await]`. Each reply must have the status that the
    /// consumer expects. One reply is enough if it shows all that the consumer reads; else give more, to requests of other users or with
    /// other parameters.
    pub fn requests(mut self, answer: impl AsyncFn(RecordedRequest) -> Vec<HttpReply> + 'a) -> Self {
        let answer = Rc::new(answer);
        let answer = move |request| {
            let answer = answer.clone();
            async move { answer(request).await }.boxed_local()
        };
        self.requests.insert(self.state.clone(), Box::new(answer));
        self
    }

    /// Compares.
    ///
    /// # Panics
    /// If a consumer would not get what it reads, if a file cannot be read, and if there is no contract at all.
    pub async fn verify(self) {
        let problems = self.problems().await;
        assert!(problems.is_empty(), "contracts with {} are broken:\n{}", self.provider, problems.join("\n"));
    }

    /// Gives a sentence for each thing that [`Contracts::verify`] would fail for.
    pub async fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if problems.is_empty() && self.contracts.is_empty() {
            problems.push(format!("no contract with {} was found", self.provider));
        }
        for (file, pact) in &self.contracts {
            for interaction in &pact.interactions {
                let about = interaction.about();
                let found = self.replay(interaction, &pact.consumer.name).await;
                let test = about.comments.testname.as_ref().map(|test| format!("test {test} of {}, ", pact.consumer.name));
                let test = test.unwrap_or_default();
                let found = found.into_iter().map(|what| format!("{what} ({test}{})", file.display()));
                if about.pending {
                    found.for_each(|what| eprintln!("pending: {what}"));
                } else {
                    problems.extend(found);
                }
            }
        }
        problems
    }

    async fn replay(&self, interaction: &Interaction, consumer: &str) -> Vec<String> {
        let (provider, about) = (self.provider, interaction.about());
        let name = match interaction {
            Interaction::Http { request, .. } => &format!("{} {}", request.method, request.path),
            _ => interaction.message_name(),
        };
        let states: Vec<_> = about.provider_states.iter().map(|state| state.name.as_str()).collect();
        let state = (!states.is_empty()).then(|| states.join(" and "));
        if let Some(unknown) = state.as_ref().filter(|_| !self.samples.contains_key(&state)) {
            return vec![format!("{consumer} expects {name} in the state `{unknown}`, which {provider} does not set up")];
        }
        let (expected, actual) = match interaction {
            Interaction::Asynchronous { message, .. } => {
                let samples = self.samples.get(&state).into_iter().flatten().filter(|m| m.name == name);
                let samples: Vec<_> = samples.filter_map(|m| serde_json::from_str::<Value>(&m.body).ok()).collect();
                if samples.is_empty() {
                    return vec![format!("{consumer} listens to {name}, and {provider} has not sent it")];
                }
                (message, samples)
            }
            Interaction::Http { about, request, response } => return self.replay_http(consumer, state, about, request, response).await,
            Interaction::Synchronous { request, response, .. } => {
                let Some(answer) = self.answers.get(&(state, name)) else {
                    return vec![format!("{consumer} calls {name}, and {provider} has not answered it")];
                };
                let Some(expected) = response.first() else { return vec![] };
                match answer(request.contents.content.clone()).await {
                    Err(why) => return vec![format!("{consumer} calls {name} with a request that {provider} cannot read: {why}")],
                    Ok(Err(e)) if !expected.is_fault() => return vec![format!("{consumer} expects a reply of {name}, and it fails: {e}")],
                    Ok(Ok(_)) if expected.is_fault() => return vec![format!("{consumer} expects that {name} fails, and it replies")],
                    Ok(reply) => (expected, vec![reply.unwrap_or_else(|e| json!(e.fault()))]),
                }
            }
        };
        let told = |(place, how): (Place, String)| format!("{consumer} reads `{place}` of {name}, which {how}");
        compare(expected, &about.comments.optional, &actual).into_iter().map(told).collect()
    }

    async fn replay_http(
        &self,
        consumer: &str,
        state: Option<String>,
        about: &About,
        request: &HttpRequest,
        expected: &HttpResponse,
    ) -> Vec<String> {
        let (provider, request) = (self.provider, RecordedRequest::new(request, &self.documents));
        let route = request.route.clone();
        let Some(answer) = self.requests.get(&state) else {
            return vec![format!("{consumer} asks {route}, and {provider} has not answered it")];
        };
        let replies = answer(request).await;
        if replies.is_empty() {
            return vec![format!("{consumer} asks {route}, and {provider} has not answered it")];
        }
        let mut problems = Vec::new();
        for reply in replies.iter().filter(|reply| reply.status != expected.status) {
            let body = String::from_utf8_lossy(&reply.body);
            problems
                .push(format!("{consumer} expects {} of {route}, and {provider} answers {}: {body:.300}", expected.status, reply.status));
        }
        for (name, values) in &expected.headers {
            let (any, values) = (expected.matching_rules.header.contains_key(name), values.0.join(", "));
            let fits = |reply: &HttpReply| reply.header(name).is_some_and(|value| any || is_same(name, value, &values));
            if !replies.iter().all(fits) {
                problems.push(format!("{consumer} expects the header `{name}: {values}` of {route}, and {provider} does not send it"));
            }
        }
        let Some(message) = expected.message().filter(|_| problems.is_empty()) else { return problems };
        let bodies: Result<Vec<Value>, _> = replies.iter().map(|reply| serde_json::from_slice(&reply.body)).collect();
        match bodies {
            Err(e) => problems.push(format!("{consumer} reads JSON of {route}, and {provider} answers none: {e}")),
            Ok(bodies) => {
                let told = |(place, how): (Place, String)| format!("{consumer} reads `{place}` of {route}, which {how}");
                problems.extend(compare(&message, &about.comments.optional, &bodies).into_iter().map(told));
            }
        }
        problems
    }
}

/// Whether a header says the same; of a media type its parameters do not count.
fn is_same(name: &str, value: &str, expected: &str) -> bool {
    let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_lowercase();
    if name.eq_ignore_ascii_case("content-type") { essence(value) == essence(expected) } else { value == expected }
}
