//! One trace as a waterfall.

use super::{Layout, filters, html};
use crate::admin::{
    Ask,
    api::{Call, traces::show::trace},
    traces::{Placed, Trace},
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

/// The width of the whole trace in the drawing, in units of its own.
const WIDTH: u64 = 1000;
/// The narrowest bar that is still seen.
const NARROWEST: u64 = 4;
/// Deeper spans are not moved further to the right.
const DEEPEST: usize = 12;

pub const SHOW: Call = Call::get("/traces/{id}", Role::Viewer, "A trace", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    s: Layout,
    trace: Trace,
    services: usize,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "live").await?;
    let trace = trace(&ask).await?;
    let mut services: Vec<&str> = trace.spans.iter().map(|placed| placed.span.service.as_str()).collect();
    services.sort_unstable();
    services.dedup();
    let services = services.len();
    html(&ask, &Page { s, trace, services })
}

impl Page {
    /// Where the bar of a span begins and how wide it is.
    fn bar(&self, placed: &Placed) -> (u64, u64) {
        let whole = u128::from(self.trace.duration_us.max(1));
        let part = |micros: u64| u64::try_from(u128::from(micros) * u128::from(WIDTH) / whole).unwrap_or(WIDTH).min(WIDTH);
        let at = part(placed.offset_us.max(0).unsigned_abs()).min(WIDTH - NARROWEST);
        (at, part(placed.span.duration_us).clamp(NARROWEST, WIDTH - at))
    }

    /// How far the name is moved to the right.
    fn indent(&self, placed: &Placed) -> usize {
        placed.depth.min(DEEPEST)
    }

    /// Gives the offset from the first span in milliseconds; it is negative where clocks differ.
    fn offset(&self, placed: &Placed) -> String {
        format!("{:.1}", placed.offset_us as f64 / 1000.0)
    }

    /// What is special about a span, in words.
    fn notes(&self, placed: &Placed) -> Vec<String> {
        let (span, s) = (&placed.span, &self.s);
        let mut notes = Vec::new();
        let attempt = span.text("fm.messaging.attempt");
        if !matches!(attempt.as_str(), "" | "1") {
            notes.push(format!("{} {attempt}", s.t("attempt", "Versuch")));
        }
        notes.extend(match span.text("fm.messaging.outcome").as_str() {
            "retry" => Some(s.t("will be retried", "wird wiederholt").to_owned()),
            "dead_letter" => Some("Dead Letter".to_owned()),
            "dropped" => Some(s.t("given up", "aufgegeben").to_owned()),
            _ => None,
        });
        notes.extend(match span.text("fm.attempt.kind").as_str() {
            "retry" => Some(s.t("another instance", "andere Instanz").to_owned()),
            "hedge" => Some(s.t("asked besides", "zusätzlich gefragt").to_owned()),
            _ => None,
        });
        let status = span.text("http.response.status_code");
        let error = span.text("error.type");
        notes.extend([status.clone()].into_iter().filter(|status| !status.is_empty()));
        notes.extend([error].into_iter().filter(|error| !error.is_empty() && *error != status));
        if span.text("fm.cancelled") == "true" {
            notes.push(s.t("cancelled", "abgebrochen").into());
        }
        notes
    }

    /// Links that tell more than the place in the tree does.
    fn links<'p>(&self, placed: &'p Placed) -> Vec<&'p str> {
        let parent = placed.span.parent_span_id.as_deref();
        let other = placed.span.links.iter().filter(|link| link.trace_id != self.trace.trace_id || Some(link.span_id.as_str()) != parent);
        other.map(|link| link.trace_id.as_str()).collect()
    }
}
