//! A shared cache in the gateway's memory (RFC 9111). Each step has a store of its own, which ends with its table.

mod capture;
mod directives;
mod flight;
mod forward;
mod key;
mod policy;
mod reply;
mod store;

pub use forward::Forwarded;

use crate::pipeline::{Answer, Body, Decision, Drivers, Exchange, Flow, Phases, Plugin, Step, run_again};
use capture::{Capture, Parts};
use fm_sdk::{Error, Kind, config::parse_duration, trace::TraceParent};
use forward::{Asked, Reason};
use futures::future::{LocalBoxFuture, poll_fn};
use http::{
    Method, StatusCode,
    header::{CONTENT_LOCATION, IF_MATCH, IF_UNMODIFIED_SINCE, LOCATION, RANGE, UPGRADE},
};
use policy::{Credentials, Defaults, Use, Wishes};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};
use store::{Found, Lead, Store, Stored};

#[derive(Default)]
pub struct Cache {
    /// Of all steps: what one route changes, another one may have stored.
    stores: Arc<Mutex<Vec<Weak<Store>>>>,
}

#[derive(Deserialize)]
struct Settings {
    default_ttl: String,
    stale_while_revalidate: String,
    stale_if_error: String,
    max_bytes: usize,
    max_entry_bytes: usize,
    wait: String,
}

struct Remember {
    store: Arc<Store>,
    stores: Arc<Mutex<Vec<Weak<Store>>>>,
    defaults: Defaults,
    max_entry: usize,
    wait: Duration,
    drivers: Drivers,
}

impl Plugin for Cache {
    fn name(&self) -> &'static str {
        "cache"
    }

    fn about(&self) -> &'static str {
        "Keeps answers that may be shared, and gives them to others"
    }

    fn schema(&self) -> Value {
        let time = |title: &str, default: &str, description: &str| json!({"type": "string", "format": "duration", "default": default, "title": title, "description": description});
        let bytes = |title: &str, default: usize, description: &str| json!({"type": "integer", "minimum": 1024, "maximum": 1usize << 36, "default": default, "title": title, "description": description});
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "default_ttl": time("Default lifetime", "0s", "Of answers that say nothing of it; 0s: they are only kept to be validated"),
                "stale_while_revalidate": time("Stale while revalidating", "0s", "How long a stale answer is given while it is asked for anew, where it does not say so itself"),
                "stale_if_error": time("Stale if error", "0s", "How long a stale answer is given while the service fails, where it does not say so itself"),
                "max_bytes": bytes("Memory", 64 << 20, "Bytes of all answers together; the one that was not asked for longest goes first"),
                "max_entry_bytes": bytes("Largest answer", 1 << 20, "Bytes of one answer; larger ones pass"),
                "wait": time("Wait for another request", "2s", "How long a request waits for another one that asks for the same")
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { request: true, response: true, ..Phases::default() }
    }

    fn answers_from_memory(&self) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        if settings.max_entry_bytes > settings.max_bytes {
            return Err("one answer may not be larger than all together".into());
        }
        let seconds = |text: &str| parse_duration(text).map(|time| time.as_secs());
        let defaults = Defaults {
            fresh: seconds(&settings.default_ttl)?,
            stale_while_revalidate: seconds(&settings.stale_while_revalidate)?,
            stale_if_error: seconds(&settings.stale_if_error)?,
        };
        let store = Arc::new(Store::new(settings.max_bytes, drivers.tools.metrics.cache_bytes()));
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.retain(|store| store.strong_count() > 0);
        stores.push(Arc::downgrade(&store));
        let (max_entry, wait) = (settings.max_entry_bytes, parse_duration(&settings.wait)?);
        Ok(Box::new(Remember { store, stores: self.stores.clone(), defaults, max_entry, wait, drivers: drivers.clone() }))
    }
}

/// What comes of looking for an answer.
enum Looked {
    Answer(Answer),
    /// It has to be asked for.
    Ask(Option<Arc<Stored>>, Reason),
}

impl Step for Remember {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        if exchange.forwarded.is_some() {
            // A cache before this one has not answered, and will store what may be stored.
            return Flow::pass();
        }
        let key = key::key_of(exchange);
        if !exchange.head.method.is_safe() {
            exchange.forwarded = Some(Forwarded::Unsafe { step: exchange.step, key });
            return Flow::pass();
        }
        if !matches!(exchange.head.method, Method::GET | Method::HEAD) {
            return Flow::pass();
        }
        let headers = &exchange.head.headers;
        let wishes = Wishes::of(headers);
        if exchange.recorder.is_some() {
            ["path", "query", "host", "header.cache-control"].iter().for_each(|name| exchange.note_read(name));
        }
        let passes_by = [RANGE, IF_MATCH, IF_UNMODIFIED_SINCE, UPGRADE].iter().any(|name| headers.contains_key(name));
        if passes_by || wishes.no_store || !exchange.length.is_zero() {
            exchange.forwarded = Some(Forwarded::Bypass { step: exchange.step });
            return Flow::pass();
        }
        let credentials = Credentials::of(exchange);
        let asked = Asked { key, scope: key::scope_of(exchange), wishes, credentials };
        match self.look(exchange, &asked, None) {
            Looked::Answer(answer) => Flow::answer(answer),
            Looked::Ask(stored, reason) => self.ask(exchange, asked, stored, reason),
        }
    }

    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        let step = exchange.step;
        let Some(forwarded) = exchange.forwarded.take_if(|forwarded| forwarded.step() == step) else { return };
        match forwarded {
            Forwarded::Unsafe { key, .. } => {
                reply::tell(answer, "; fwd=method");
                self.invalidate(exchange, answer, &key);
            }
            Forwarded::Bypass { .. } => {
                self.count(exchange, "bypass");
                reply::tell(answer, "; fwd=bypass");
            }
            Forwarded::Asked(pending) => self.answered(exchange, answer, *pending),
        }
    }
}

impl Remember {
    fn count(&self, exchange: &Exchange, outcome: &'static str) {
        self.drivers.tools.metrics.cached(&exchange.route.id, outcome);
    }

    /// Looks for an answer that may be given. `waited`: why another request has just asked for it.
    fn look(&self, exchange: &Exchange, asked: &Asked, waited: Option<Reason>) -> Looked {
        let (now, headers) = (Instant::now(), &exchange.head.headers);
        let (stored, reason) = match self.store.find(&asked.key, &asked.scope, headers) {
            Found::Stored(stored) if stored.freshness.is_shared || asked.credentials != Credentials::Unknown => (stored, Reason::Stale),
            // Stored for those of whom nothing is known; what the service says to this one may be something else.
            Found::Stored(_) => return self.unknown(asked, Reason::Request, &exchange.trace),
            Found::OtherVariants => return self.unknown(asked, Reason::VaryMiss, &exchange.trace),
            Found::Nothing => return self.unknown(asked, Reason::UriMiss, &exchange.trace),
        };
        match stored.freshness.judge(&asked.wishes, now) {
            Use::Answer => {
                let remaining = stored.freshness.remaining(now);
                self.count(exchange, if remaining > 0 { "hit" } else { "stale" });
                let mut answer = reply::answer(&stored, headers, now);
                let how = waited.map_or("; hit".to_owned(), |reason| format!("; fwd={}; collapsed", reason.text()));
                reply::tell(&mut answer, &format!("{how}; ttl={remaining}"));
                Looked::Answer(answer)
            }
            Use::AnswerAndRevalidate => {
                self.count(exchange, "stale");
                let mut answer = reply::answer(&stored, headers, now);
                reply::tell(&mut answer, &format!("; hit; ttl={}", stored.freshness.remaining(now)));
                if exchange.head.method == Method::GET
                    && let Ok(lead) = self.store.join(&asked.key, &asked.scope)
                {
                    revalidate(exchange, asked, lead, stored, self.max_entry);
                }
                Looked::Answer(answer)
            }
            Use::RevalidateAsAsked if asked.wishes.only_if_cached => Looked::Answer(not_cached(&exchange.trace)),
            Use::Revalidate if asked.wishes.only_if_cached => Looked::Answer(not_cached(&exchange.trace)),
            Use::RevalidateAsAsked => Looked::Ask(Some(stored), Reason::Request),
            Use::Revalidate => Looked::Ask(Some(stored), reason),
        }
    }

    fn unknown(&self, asked: &Asked, reason: Reason, trace: &TraceParent) -> Looked {
        if asked.wishes.only_if_cached { Looked::Answer(not_cached(trace)) } else { Looked::Ask(None, reason) }
    }

    /// Sends a request on, or lets it wait for the one that is on its way.
    fn ask<'a>(&'a self, exchange: &'a mut Exchange, asked: Asked, stored: Option<Arc<Stored>>, reason: Reason) -> Flow<'a> {
        let is_head = exchange.head.method == Method::HEAD;
        // Of a 304 to the client's own validators there is nothing to store.
        if is_head || (stored.is_none() && reply::is_conditional(&exchange.head.headers)) {
            forward::send(exchange, asked, stored.filter(|_| is_head), reason, None);
            return Flow::pass();
        }
        match self.store.join(&asked.key, &asked.scope) {
            Ok(lead) => {
                forward::send(exchange, asked, stored, reason, Some(lead));
                Flow::pass()
            }
            // Who wants it from the service itself cannot have what was asked for before.
            Err(_) if asked.wishes.no_cache || self.wait.is_zero() || self.store.is_unshared(&asked.key) => {
                forward::send(exchange, asked, stored, reason, None);
                Flow::pass()
            }
            Err(flight) => {
                let waiting: LocalBoxFuture<'a, Decision> = Box::pin(async move {
                    flight.wait(self.wait).await;
                    match self.look(exchange, &asked, Some(reason)) {
                        Looked::Answer(answer) => Decision::Answer(answer),
                        Looked::Ask(Some(stored), reason) if flight.has_failed() && self.serves_error(&stored, &asked) => {
                            Decision::Answer(self.stale(exchange, &stored, reason, None))
                        }
                        Looked::Ask(stored, reason) => {
                            let lead = self.store.join(&asked.key, &asked.scope).ok();
                            forward::send(exchange, asked, stored, reason, lead);
                            Decision::Pass
                        }
                    }
                });
                Flow::Later(waiting)
            }
        }
    }

    fn serves_error(&self, stored: &Stored, asked: &Asked) -> bool {
        stored.freshness.serves_error(&asked.wishes, Instant::now())
    }

    /// Answers with what is stale because the upstream fails; with which status, the one knows who has asked.
    fn stale(&self, exchange: &Exchange, stored: &Stored, reason: Reason, status: Option<StatusCode>) -> Answer {
        self.count(exchange, "stale");
        let mut answer = reply::answer(stored, &exchange.head.headers, Instant::now());
        let status = status.map_or("; collapsed".to_owned(), |status| format!("; fwd-status={}", status.as_u16()));
        reply::tell(&mut answer, &format!("; fwd={}{status}; detail=stale-if-error", reason.text()));
        answer
    }

    /// Looks at the answer of the upstream, or at what another step has said in its place.
    fn answered(&self, exchange: &mut Exchange, answer: &mut Answer, pending: forward::Pending) {
        let forward::Pending { asked, stored, reason, lead, validates, sent_at, .. } = &pending;
        let (now, status) = (Instant::now(), answer.status);
        let unchanged = pending.restore(exchange);
        if policy::is_failure(status) {
            lead.iter().for_each(Lead::fail);
            if let Some(stored) = stored.as_ref().filter(|stored| self.serves_error(stored, asked)) {
                *answer = self.stale(exchange, stored, *reason, Some(status));
                return;
            }
        }
        if let Some(stored) = stored.as_ref().filter(|_| *validates && status == StatusCode::NOT_MODIFIED) {
            self.count(exchange, "revalidated");
            let is_about = forward::is_about(stored, &answer.headers);
            let updated = if is_about { forward::updated(stored, &answer.headers) } else { stored.headers.clone() };
            let freshness = policy::storable(asked.credentials, stored.status, &updated, *sent_at, &self.defaults);
            let shown = Stored {
                scope: stored.scope.clone(),
                vary: stored.vary.clone(),
                status: stored.status,
                headers: updated,
                body: stored.body.clone(),
                freshness: freshness.clone().unwrap_or_else(|_| stored.freshness.clone()),
            };
            *answer = reply::answer(&shown, &exchange.head.headers, now);
            let still_holds = freshness.is_ok() && unchanged && is_about;
            if !still_holds {
                self.store.forget(&asked.key, stored);
            }
            let (reason, lead) = (*reason, pending.lead.filter(|_| still_holds));
            let told = if lead.is_some() { "; stored" } else { "" };
            if let Some(lead) = lead {
                lead.keep(shown, &exchange.head.headers);
            }
            reply::tell(answer, &format!("; fwd={}; fwd-status=304{told}", reason.text()));
            return;
        }
        self.count(exchange, "miss");
        if let Some(stored) = stored.as_ref().filter(|_| lead.is_some() && !policy::is_failure(status)) {
            // The service has something else now, whether that may be stored or not.
            self.store.forget(&asked.key, stored);
        }
        let reason = *reason;
        let is_stored = match pending.lead {
            Some(lead) => self.keep(exchange, answer, pending.asked, pending.sent_at, lead, unchanged),
            None => false,
        };
        reply::tell(answer, &format!("; fwd={}{}", reason.text(), if is_stored { "; stored" } else { "" }));
    }

    /// Stores an answer, or begins to copy it; says whether it is stored already.
    fn keep(&self, exchange: &Exchange, answer: &mut Answer, asked: Asked, sent_at: Instant, lead: Lead, unchanged: bool) -> bool {
        let request = &exchange.head.headers;
        let changes_body = exchange.route.steps.iter().skip(exchange.step).any(|step| step.phases.body);
        let length = answer.body.length();
        let fits = length.is_none_or(|length| length <= self.max_entry as u64);
        let may = unchanged && !changes_body && answer.problem.is_none() && fits && !answer.body.ends_in_doubt();
        let freshness = policy::storable(asked.credentials, answer.status, &answer.headers, sent_at, &self.defaults);
        let (true, Ok(freshness)) = (may, freshness) else {
            if !policy::is_failure(answer.status) {
                lead.refuse();
            }
            return false;
        };
        let vary = policy::vary(&answer.headers).unwrap_or_default();
        let vary = vary.into_iter().map(|name| (name.clone(), store::selected(request, &name))).collect();
        let headers = forward::kept(&answer.headers);
        let stored = Stored { scope: asked.scope, vary, status: answer.status, headers, body: Default::default(), freshness };
        let parts = Parts { lead, stored, request: request.clone() };
        match std::mem::replace(&mut answer.body, Body::WouldBe(None)) {
            Body::Bytes(bytes) => {
                parts.keep(bytes::Bytes::copy_from_slice(&bytes));
                answer.body = Body::Bytes(bytes);
                true
            }
            body if body.is_events() => {
                answer.body = body;
                false
            }
            body => {
                answer.body = body.transform(Capture::new(parts, self.max_entry));
                false
            }
        }
    }

    /// Forgets what an unsafe method has changed, wherever it is stored (RFC 9111, 4.4).
    fn invalidate(&self, exchange: &Exchange, answer: &Answer, key: &str) {
        if !(answer.status.is_success() || answer.status.is_redirection()) {
            return;
        }
        let named = [LOCATION, CONTENT_LOCATION].into_iter().filter_map(|name| answer.headers.get(name));
        let named: Vec<String> = named.filter_map(|value| key::key_named(exchange, value)).collect();
        let stores: Vec<Arc<Store>> = self.stores.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
        for store in stores {
            store.invalidate(key);
            named.iter().for_each(|key| store.invalidate(key));
        }
    }
}

/// Asks for a stale answer anew, without a client that waits for it.
fn revalidate(exchange: &Exchange, asked: &Asked, lead: Lead, stored: Arc<Stored>, max_entry: usize) {
    let mut again = exchange.again();
    let asked = Asked { key: asked.key.clone(), scope: asked.scope.clone(), wishes: Wishes::default(), credentials: asked.credentials };
    forward::send(&mut again, asked, Some(stored), Reason::Stale, Some(lead));
    tokio::task::spawn_local(async move {
        let mut body = run_again(&mut again).await.body;
        let mut left = if body.is_events() { 0 } else { max_entry.saturating_add(1) };
        // As far as it is copied.
        while left > 0 {
            let Some(Ok(piece)) = poll_fn(|cx| body.poll_next(cx)).await else { break };
            left = left.saturating_sub(piece.len());
        }
    });
}

fn not_cached(trace: &TraceParent) -> Answer {
    let error = Error::new(Kind::Unavailable, "not-cached", "there is no stored answer to this request");
    let mut answer = Answer::problem_as(StatusCode::GATEWAY_TIMEOUT, &error, trace);
    reply::tell(&mut answer, "; detail=only-if-cached");
    answer
}
