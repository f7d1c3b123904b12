//! What needs a look, and how everything is.

use super::{Layout, filters, german::german_reason, html};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            nodes::{Node, nodes},
            routes::{Row, rows},
            services::{self, Service},
            traffic::show::{Numbers, RouteNumbers, TrafficOverTime, over_time, window},
        },
        users::Role,
    },
    table::{Version, history},
    timeline::Window,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

/// Routes of each list of the busiest, slowest and failing ones.
const LISTED: usize = 5;
/// A route with fewer requests is not called slow.
const MIN_TIMED: u64 = 5;
/// A route is listed as needing attention from this percentage of failed requests on, if it had at least [`MIN_REQUESTS`].
const MAX_ERROR_PERCENT: f64 = 5.0;
const MIN_REQUESTS: u64 = 20;

pub const SHOW: Call = Call::get("/", Role::Viewer, "Overview", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    s: Layout,
    revision: i64,
    active: usize,
    total: usize,
    look: Vec<Look>,
    nodes: Vec<Node>,
    services: Vec<Service>,
    versions: Vec<Version>,
    traffic: TrafficOverTime,
}

/// Something that needs a look, and the routes that it is about.
struct Look {
    state: &'static str,
    reason: String,
    routes: Vec<String>,
}

impl Page {
    fn current_nodes(&self) -> usize {
        self.nodes.iter().filter(|node| node.current).count()
    }
    /// The gateways whose requests are not in the numbers: they are unreachable, or did not answer.
    fn missing(&self) -> Vec<&str> {
        let unreachable = self.nodes.iter().filter(|node| node.unreachable).map(|node| node.id.as_str());
        unreachable.chain(self.traffic.silent.iter().map(String::as_str)).collect()
    }

    fn windows(&self) -> [(Window, &'static str); 2] {
        [(Window::Minutes, self.s.t("15 minutes", "15 Minuten")), (Window::Day, self.s.t("24 hours", "24 Stunden"))]
    }

    /// The numbers of the whole window, by name.
    fn totals(&self) -> [(&'static str, String); 4] {
        let Numbers { per_second, error_percent, p50_ms, p99_ms, .. } = self.traffic.total;
        [
            (self.s.t("Requests/s", "Anfragen/s"), self.s.number(per_second)),
            (self.s.t("Errors (5xx)", "Fehler (5xx)"), format!("{} %", self.s.number(error_percent))),
            ("p50", self.ms(p50_ms)),
            ("p99", self.ms(p99_ms)),
        ]
    }

    fn shown(&self, value: &f64) -> String {
        self.s.number(*value)
    }

    fn ms(&self, time: Option<f64>) -> String {
        time.map_or_else(|| "–".into(), |time| format!("{} ms", self.s.number(time)))
    }

    /// Lists of routes: name, and for each route what puts it there.
    fn lists(&self) -> [(&'static str, Vec<(&str, String)>); 3] {
        let timed = |one: &RouteNumbers| one.mean_ms.filter(|_| one.requests >= MIN_TIMED).unwrap_or_default();
        let failed = |one: &RouteNumbers| format!("{} ({} %)", one.errors, self.s.number(one.error_percent));
        [
            (self.s.t("Busiest routes", "Meistgenutzte Routen"), self.top(|one| one.requests as f64, |one| one.requests.to_string())),
            (self.s.t("Slowest routes (mean)", "Langsamste Routen (Mittelwert)"), self.top(timed, |one| self.ms(one.mean_ms))),
            (self.s.t("Failing routes (5xx)", "Routen mit Fehlern (5xx)"), self.top(|one| one.errors as f64, failed)),
        ]
    }

    fn top(&self, rank: impl Fn(&RouteNumbers) -> f64, shown: impl Fn(&RouteNumbers) -> String) -> Vec<(&str, String)> {
        let mut routes: Vec<_> = self.traffic.routes.iter().filter(|(_, one)| rank(one) > 0.0).collect();
        routes.sort_by(|(_, a), (_, b)| rank(b).total_cmp(&rank(a)));
        routes.into_iter().take(LISTED).map(|(id, one)| (id.as_str(), shown(one))).collect()
    }

    fn services_up(&self) -> usize {
        self.services.iter().filter(|service| !service.instances.is_empty()).count()
    }
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "overview").await?;
    let (table, revision) = ask.admin.current().await?;
    let mut look = look(rows(&ask.admin, &table).await?);
    if s.de {
        look.iter_mut().for_each(|look| look.reason = german_reason(&look.reason));
    }
    // A window that there is none of is in an address that somebody has typed.
    let traffic = over_time(&ask.admin, window(&ask).unwrap_or_default()).await?;
    look.extend(failing(&s, &traffic));
    let status = ask.admin.own_status();
    let versions = history::list(&*ask.admin.registry).await?.into_iter().take(5).collect();
    let page = Page {
        s,
        revision,
        active: table.routes.iter().filter(|route| route.active).count(),
        total: table.routes.len(),
        look,
        nodes: nodes(&ask.admin, revision, &status).await?,
        services: services::list(&ask.admin, &table, &status).await,
        versions,
        traffic,
    };
    html(&ask, &page)
}

/// Routes that fail too often.
fn failing(s: &Layout, traffic: &TrafficOverTime) -> Vec<Look> {
    let fails = |one: &RouteNumbers| one.requests >= MIN_REQUESTS && one.error_percent >= MAX_ERROR_PERCENT;
    let failing = traffic.routes.iter().filter(|(_, one)| fails(one)).map(|(id, one)| Look {
        state: "warning",
        reason: format!("{} % {}", s.number(one.error_percent), s.t("of the requests failed (5xx)", "der Anfragen sind gescheitert (5xx)")),
        routes: vec![id.clone()],
    });
    failing.collect()
}

/// Errors first, then warnings; each reason once.
fn look(rows: Vec<Row>) -> Vec<Look> {
    let mut found: Vec<Look> = Vec::new();
    for row in rows.into_iter().filter(|row| ["error", "warning"].contains(&row.state)) {
        for reason in row.reasons {
            match found.iter_mut().find(|look| look.state == row.state && look.reason == reason) {
                Some(look) => look.routes.push(row.id.clone()),
                None => found.push(Look { state: row.state, reason, routes: vec![row.id.clone()] }),
            }
        }
    }
    found.sort_by_key(|look| look.state != "error");
    found
}
