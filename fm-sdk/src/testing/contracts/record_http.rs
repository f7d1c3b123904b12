//! Records what a test lets its service ask other services over HTTP, and read of their answers.

use super::{
    documents::Documents,
    pact::{About, Contents, HttpRequest, HttpResponse, Interaction, Message, PathText, State, Values},
    reading::Reading,
    record::{Recorder, about},
};
use crate::http::{
    client::{
        Request, Response,
        observer::{Observer, Read},
    },
    problem::Problem,
};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    path::Path,
    sync::{OnceLock, Weak},
};

/// Where a consumer keeps the OpenAPI documents of services that it asks through a gateway.
const DOCUMENTS: &str = "tests/schemas";

pub(super) struct HttpRecorder(pub Weak<Recorder>);

impl Observer for HttpRecorder {
    fn answered(&self, answer: &Response) {
        self.record(answer, "", || Some((Vec::new(), None)));
    }
    fn read(&self, answer: &Response, reader: &'static str, read: Read) {
        self.record(answer, reader, || {
            let (message, optional) = Reading::by(read, &serde_json::from_slice(&answer.body).ok()?)?.to_message();
            Some((optional, Some(message)))
        });
    }
}

impl HttpRecorder {
    /// Records an answer and what is read of it; only its status, and the code of a problem, if that is nothing.
    fn record(&self, answer: &Response, reader: &str, reading: impl FnOnce() -> Option<(Vec<PathText>, Option<Message>)>) {
        let Some((asked, Some(outcome))) = answer.asked.as_deref().map(|asked| (asked, outcome(answer))) else { return };
        let path = asked.path.split('?').next().unwrap_or_default();
        let (provider, template) = match documents().find(asked.method.as_str(), path) {
            Some(operation) if !operation.answers(answer.status.as_u16()) => return,
            Some(operation) => (operation.service.as_str(), operation.template.as_str()),
            None if documents().is_empty() => (asked.service.as_str(), path),
            None => return, // no service has such a path: a test of what happens then
        };
        let Some(recorder) = self.0.upgrade() else { return };
        let request = request(asked);
        let sample = || match reader {
            "" => json!([request, answer.status.as_u16(), outcome.code()]),
            // The same answer to another request is read alike.
            reader => json!([asked.method.as_str(), template, answer.status.as_u16(), String::from_utf8_lossy(&answer.body), reader]),
        };
        recorder.record(provider, sample, || {
            let (optional, message) = reading()?;
            let mut about = about(format!("{} {template} {}", asked.method, answer.status.as_u16()), optional);
            let mut response = HttpResponse {
                status: answer.status.as_u16(),
                headers: BTreeMap::new(),
                body: message.as_ref().map(|message| message.contents.clone()),
                matching_rules: message.map(|message| message.matching_rules).unwrap_or_default(),
            };
            if let Some(code) = outcome.code() {
                about.description = format!("{} {code}", about.description);
                about.provider_states = vec![State::new(code)];
                response.body = Some(Contents { content_type: "application/problem+json".into(), ..Contents::of(json!({ "code": code })) });
            }
            Some(Interaction::Http { about, request: request.clone(), response })
        });
    }
}

/// What an answer is.
enum Outcome {
    Success,
    /// The code of a refusal.
    Problem(String),
}

impl Outcome {
    fn code(&self) -> Option<&str> {
        match self {
            Outcome::Success => None,
            Outcome::Problem(code) => Some(code),
        }
    }
}

/// None for an answer that says nothing of the provider: a gateway answers so in its place, or something has failed there.
fn outcome(answer: &Response) -> Option<Outcome> {
    match answer.status.as_u16() {
        200..=399 => Some(Outcome::Success),
        429 => None,
        400..=499 => serde_json::from_slice::<Problem>(&answer.body).ok().map(|p| p.code).filter(|c| !c.is_empty()).map(Outcome::Problem),
        _ => None,
    }
}

fn documents() -> &'static Documents {
    static OF_PROVIDERS: OnceLock<Documents> = OnceLock::new();
    OF_PROVIDERS.get_or_init(|| Documents::in_folder(Path::new(DOCUMENTS)))
}

/// A request as an example. Its token is none that would be good for anything.
fn request(asked: &Request) -> HttpRequest {
    let (path, query_string) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let (mut query, mut headers): (BTreeMap<String, Values>, BTreeMap<String, Values>) = Default::default();
    for (name, value) in url::form_urlencoded::parse(query_string.as_bytes()).into_owned() {
        query.entry(name).or_insert_with(|| Values(Vec::new())).0.push(value);
    }
    if asked.headers.contains_key(AUTHORIZATION) {
        headers.insert("authorization".into(), Values(vec!["Bearer token".into()]));
    }
    let media = asked.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.map(|media| media.split(';').next().unwrap_or_default().trim().to_owned());
    let body = serde_json::from_slice(&asked.body).ok().filter(|_| media.as_deref() == Some("application/json")).map(Contents::of);
    if let Some(media) = media {
        headers.insert("content-type".into(), Values(vec![media]));
    }
    HttpRequest { method: asked.method.to_string(), path: path.into(), query, headers, body }
}

/// Puts together what two exchanges have shown that are of one description. One request stands for both, whichever came first: one that asks
/// for less and says more.
pub(super) fn merge(
    (a, known_request, known): (&About, &HttpRequest, &HttpResponse),
    (b, request, response): (&About, HttpRequest, HttpResponse),
) -> (Vec<PathText>, HttpRequest, HttpResponse) {
    let request = std::cmp::min_by_key(known_request.clone(), request, order);
    let readings = match (known.message(), response.message()) {
        (Some(known), Some(new)) if a.provider_states.is_empty() => {
            let new = Reading::from_message(&new, &b.comments.optional);
            let (message, optional) = Reading::from_message(&known, &a.comments.optional).merge(new).to_message();
            let response = HttpResponse { body: Some(message.contents), matching_rules: message.matching_rules, ..response };
            return (optional, request, response);
        }
        (Some(_), None) => (a.comments.optional.clone(), known.clone()),
        (_, _) => (b.comments.optional.clone(), response),
    };
    (readings.0, request, readings.1)
}

fn order(request: &HttpRequest) -> impl Ord + use<> {
    let text = |value: &Value| value.to_string();
    let body = request.body.as_ref().map(|body| text(&body.content)).unwrap_or_default();
    let query = if request.query.is_empty() { String::new() } else { text(&json!(request.query)) };
    (request.header("authorization").is_some(), query.len(), Reverse(body.len()), query, body, request.path.clone())
}
