//! Looks at a request and its answer before and after a step, and records what is another one.

use super::{
    super::{Answer, CompiledStep, Decision, Exchange},
    Change, MASK, Phase, Recorder, Secrets, StepOutcome, StepRecord,
};
use http::{HeaderMap, HeaderName, StatusCode};
use std::time::Instant;

/// Variables that a step sets by what it leaves in the exchange.
const DERIVED: [&str; 6] = ["service", "target", "identity.sub", "identity.roles", "identity.scopes", "consumer"];

/// Fields whose values say nothing.
const PLAIN: [&str; 2] = ["status", "max_body"];

/// How things stand before a step.
pub struct Watch {
    recorder: Recorder,
    started: Instant,
    request: HeaderMap,
    response: HeaderMap,
    status: Option<StatusCode>,
    values: Vec<(String, String)>,
}

impl Watch {
    /// Looks at a request, and at its answer if there is one; only where a trace is recorded.
    pub fn start(exchange: &Exchange, answer: Option<&Answer>) -> Option<Watch> {
        let recorder = exchange.recorder.clone()?;
        let request = if answer.is_none() { exchange.head.headers.clone() } else { HeaderMap::new() };
        let response = answer.map(|answer| answer.headers.clone()).unwrap_or_default();
        let (status, values) = (answer.map(|answer| answer.status), values(exchange));
        Some(Watch { recorder, started: Instant::now(), request, response, status, values })
    }

    /// Records what a step did with a request.
    pub fn request(self, exchange: &Exchange, n: usize, step: &CompiledStep, decision: &Decision) {
        self.recorder.step(Some(self.started), |secrets| {
            let mut changed = headers("request.header.", &self.request, &exchange.head.headers, secrets);
            changed.extend(changed_values(&self.values, &values(exchange), secrets));
            let outcome = match decision {
                Decision::Pass => StepOutcome::Passed,
                Decision::Answer(answer) => StepOutcome::Answered { status: answer.status.as_u16() },
                Decision::Fail(error) => {
                    let status = Answer::problem(error, &exchange.trace).status.as_u16();
                    StepOutcome::Failed { status, code: error.code().into(), message: secrets.hide(&error.fault().message) }
                }
            };
            record(n, step, Phase::Request, changed, outcome)
        });
    }

    /// Records what a step did with an answer.
    pub fn response(self, exchange: &Exchange, n: usize, step: &CompiledStep, answer: &Answer) {
        self.recorder.step(Some(self.started), |secrets| {
            let mut changed = headers("response.header.", &self.response, &answer.headers, secrets);
            if let Some(before) = self.status.filter(|before| *before != answer.status) {
                changed.push(Change {
                    field: "status".into(),
                    before: Some(before.as_u16().to_string()),
                    after: Some(answer.status.as_u16().to_string()),
                });
            }
            changed.extend(changed_values(&self.values, &values(exchange), secrets));
            record(n, step, Phase::Response, changed, StepOutcome::Passed)
        });
    }

    /// Records a step that was not called.
    pub fn skipped(exchange: &Exchange, n: usize, step: &CompiledStep, outcome: StepOutcome) {
        if let Some(recorder) = &exchange.recorder {
            recorder.step(None, |_| record(n, step, Phase::Request, Vec::new(), outcome));
        }
    }
}

fn record(step: usize, compiled: &CompiledStep, phase: Phase, mut changed: Vec<Change>, outcome: StepOutcome) -> StepRecord {
    if !compiled.env.is_empty() {
        // What it makes of a secret, a digest or an encoding, is one, too, and cannot be told from the rest.
        let made = changed.iter_mut().filter(|change| !PLAIN.contains(&change.field.as_str()));
        for after in made.filter_map(|change| change.after.as_mut()).filter(|after| !after.contains("env{")) {
            *after = MASK.into();
        }
    }
    StepRecord {
        step,
        plugin: compiled.plugin.into(),
        phase,
        at_micros: 0,
        took_micros: 0,
        read: Vec::new(),
        changed,
        outcome,
        attempts: Vec::new(),
    }
}

/// What steps may change beside headers.
fn values(exchange: &Exchange) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = exchange.vars.iter().map(|(name, value)| (format!("variable.{name}"), value.clone())).collect();
    let derived = DERIVED.into_iter().filter(|name| !exchange.vars.iter().any(|(n, _)| n == name));
    values.extend(derived.filter_map(|name| Some((format!("variable.{name}"), exchange.value(name)?.into_owned()))));
    values.extend(exchange.upstream_path.iter().map(|path| ("path".into(), path.clone())));
    values.push(("max_body".into(), exchange.max_body.to_string()));
    values
}

fn changed_values(before: &[(String, String)], after: &[(String, String)], secrets: &Secrets) -> Vec<Change> {
    let of = |values: &[(String, String)], name: &str| values.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let gone = before.iter().filter(|(name, _)| of(after, name).is_none());
    let names = gone.chain(after).map(|(name, _)| name);
    let changes = names.filter_map(|name| {
        let (before, after) = (of(before, name), of(after, name));
        let hide = |value: String| secrets.hide_value(name, &value);
        (before != after).then(|| Change { field: name.clone(), before: before.map(hide), after: after.map(hide) })
    });
    changes.collect()
}

fn headers(prefix: &str, before: &HeaderMap, after: &HeaderMap, secrets: &Secrets) -> Vec<Change> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let changes = gone.chain(after.keys()).filter_map(|name| {
        let differs = !before.get_all(name).iter().eq(after.get_all(name).iter());
        differs.then(|| Change {
            field: format!("{prefix}{name}"),
            before: shown(name, before, secrets),
            after: shown(name, after, secrets),
        })
    });
    changes.collect()
}

fn shown(name: &HeaderName, headers: &HeaderMap, secrets: &Secrets) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| secrets.hide_value(name.as_str(), &String::from_utf8_lossy(value.as_bytes()).replace(char::is_control, "?")))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}
