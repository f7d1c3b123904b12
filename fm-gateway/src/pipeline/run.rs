//! Runs the steps of a route for one request.

use super::{
    Answer, CompiledStep, Decision, Exchange, Flow, spans,
    trace::{StepOutcome, Watch},
};
use fm_sdk::{Error, Kind};

/// Runs the steps until one of them answers, and lets those that were passed look at the answer.
pub async fn run(exchange: &mut Exchange) -> Answer {
    run_from(exchange, 0, 0).await
}

/// Runs the steps behind the one that is called, and lets them and that one look at the answer.
pub async fn run_again(exchange: &mut Exchange) -> Answer {
    run_from(exchange, exchange.step + 1, exchange.step).await
}

/// Runs the steps from `first` on; those from `seen` on look at the answer.
async fn run_from(exchange: &mut Exchange, first: usize, seen: usize) -> Answer {
    let route = exchange.route.clone();
    let mut passed = first;
    let mut answer = None;
    for (n, step) in route.steps.iter().enumerate().skip(first) {
        passed = n + 1;
        if !step.phases.request {
            Watch::skipped(exchange, n, step, unless_off(step, StepOutcome::Skipped));
            continue;
        }
        exchange.step = n;
        let watch = Watch::start(exchange, None);
        let span = spans::of_plugin(exchange, step);
        let decision = match step.step.request(exchange) {
            Flow::Now(decision) => decision,
            Flow::Later(decision) => decision.await,
        };
        spans::end_plugin(span, &decision, exchange);
        if let Some(watch) = watch {
            watch.request(exchange, n, step, &decision);
        }
        match decision {
            Decision::Pass => {}
            Decision::Answer(given) => answer = Some(given),
            Decision::Fail(error) => {
                note(exchange, &error);
                answer = Some(Answer::problem(&error, &exchange.trace));
            }
        }
        if answer.is_some() {
            break;
        }
    }
    if exchange.recorder.is_some() {
        for (n, step) in route.steps.iter().enumerate().skip(passed) {
            Watch::skipped(exchange, n, step, unless_off(step, StepOutcome::NotReached));
        }
    }
    let mut answer = answer.unwrap_or_else(|| {
        let error = Error::new(Kind::Internal, "pipeline-open", "no plugin of this route answers");
        Answer::problem(&error, &exchange.trace)
    });
    if route.phases.response {
        let passed = route.steps.iter().enumerate().take(passed).skip(seen);
        for (n, step) in passed.rev().filter(|(_, step)| step.phases.response) {
            exchange.step = n;
            let watch = Watch::start(exchange, Some(&answer));
            step.step.response(exchange, &mut answer);
            if let Some(watch) = watch {
                watch.response(exchange, n, step, &answer);
            }
        }
    }
    answer
}

/// What is recorded of a step that is not called.
fn unless_off(step: &CompiledStep, outcome: StepOutcome) -> StepOutcome {
    if step.enabled { outcome } else { StepOutcome::SwitchedOff }
}

fn note(exchange: &Exchange, error: &Error) {
    let level = if matches!(error.kind(), Kind::Internal) { log::Level::Error } else { log::Level::Debug };
    if log::log_enabled!(level) {
        let trace = exchange.trace.trace_id();
        log::log!(level, trace_id = trace.as_str(), route = exchange.route.id.as_str(), code = error.code(); "{}", error.chain());
    }
}
