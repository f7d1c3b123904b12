use crate::{
    faults::{Scene, all_that_is_rare},
    files, instances_are_mine,
    prometheus::Prometheus,
    promql,
};
use market::picture;
use market_tests::{Market, wait_until};
use serde_json::json;
use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A query and where it stands.
struct Query {
    place: String,
    expression: String,
    /// The panel shows single requests, too, each with its trace.
    has_exemplars: bool,
}

/// Every query of the dashboards, with `All` chosen, and every alert's expression.
fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for (file, dashboard) in files::dashboards() {
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let expression = target["expr"].as_str().unwrap().replace("$__rate_interval", "15s");
                let expression = ["$service", "$instance"].iter().fold(expression, |text, variable| text.replace(variable, ".+"));
                let has_exemplars = target["exemplar"] == true;
                queries.push(Query { place: format!("{file}: {}", panel["title"].as_str().unwrap()), expression, has_exemplars });
            }
        }
    }
    let alerts = files::read("alerts.yml");
    for rule in alerts.split("- alert: ").skip(1) {
        let (name, rest) = rule.split_once('\n').unwrap();
        let expression =
            rest.split_once("expr:").unwrap().1.split("\n        labels:").next().unwrap().split("\n        for:").next().unwrap();
        let expression = expression.trim().trim_start_matches(">-").to_owned();
        queries.push(Query { place: format!("alert {name}"), expression, has_exemplars: false });
    }
    queries
}

/// What is wrong with a query: it is none, or it has no data and asks for a metric that nobody exports.
fn fault(prometheus: &Prometheus, exported: &BTreeSet<String>, query: &Query) -> Option<String> {
    let Query { place, expression, .. } = query;
    match prometheus.query(expression) {
        Err(why) => Some(format!("{place}: {why} in {expression}")),
        Ok(series) if !series.is_empty() => None,
        Ok(_) => {
            let unknown: Vec<_> = promql::metrics(expression).into_iter().filter(|name| !exported.contains(name)).collect();
            (!unknown.is_empty()).then(|| format!("{place}: nobody exports {unknown:?}, asked for by {expression}"))
        }
    }
}

/// What is documented of metrics.
fn documents(market: &Market) -> String {
    let root = PathBuf::from(market.address("scripts")).join("..");
    let files = ["fm-sdk/docs/metrics.md", "fm-gateway/README.md", "fm-cars/README.md"];
    files.map(|file| fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))).concat()
}

/// The name that a metric was registered with.
fn family(name: &str) -> &str {
    let ending = ["_total", "_bucket", "_count", "_sum"].iter().find_map(|ending| name.strip_suffix(ending));
    ending.unwrap_or(name)
}

/// Somebody trades, so that there are requests, calls and events.
fn trade(market: &Market) {
    let seller = market.someone();
    let car = seller.lists_a_car(json!({}));
    let id = car["id"].as_str().unwrap();
    seller.adds_pictures(id, &[&picture::noise(3).unwrap()]);
    seller.http.patch(&format!("/api/cars/{id}"), json!({ "price": 4_444 })).expect(200);
    market.anyone().get("/api/cars?per_page=1").expect(200);
}

#[test]
fn every_panel_has_data_and_every_alert_asks_for_metrics_that_are_exported() {
    let _mine = instances_are_mine();
    let scene = Scene::of_the_market();
    let Scene { market, prometheus } = &scene;
    let [instances, routes, _client] = all_that_is_rare(&scene);
    trade(market);
    let seen = |expression: &str| prometheus.numbers(expression).first().is_some_and(|rate| *rate > 0.0);
    wait_until("the trade is seen on the bus and in the rates", TIMEOUT, || {
        trade(market);
        seen(r#"sum(rate(messages_handled_total{name="car.listed"}[15s]))"#) && seen("sum(rate(calls_total[15s]))")
    });
    let documents = documents(market);
    let series = prometheus.query(r#"group by (__name__) ({job="market", __name__!~"scrape_.*|ALERTS.*"})"#).unwrap();
    let names = series.iter().map(|series| series["metric"]["__name__"].as_str().unwrap().replace("dependency_up", "up"));
    let undocumented: Vec<_> = names.filter(|name| !documents.contains(&format!("`{}", family(name)))).collect();
    assert!(undocumented.is_empty(), "no document has {undocumented:?}");

    let exported = prometheus.names();
    let queries = queries();
    let faults: Vec<_> = queries.iter().filter_map(|query| fault(prometheus, &exported, query)).collect();
    assert!(faults.is_empty(), "{} of {} queries:\n{}", faults.len(), queries.len(), faults.join("\n"));

    let panels = queries.iter().filter(|query| !query.place.starts_with("alert"));
    let empty: Vec<_> =
        panels.clone().filter(|query| prometheus.query(&query.expression).unwrap().is_empty()).map(|query| &query.place).collect();
    assert!(empty.is_empty(), "panels without data: {empty:?}");
    // Each look for a trace would wait for the one that hangs.
    drop((instances, routes));
    for query in queries.iter().filter(|query| query.has_exemplars) {
        let traces = prometheus.exemplars(&query.expression);
        let last = traces.last().unwrap_or_else(|| panic!("{}: no exemplar of {}", query.place, query.expression));
        let known = market.script("trace", &[last]);
        assert!(known.contains("fm-"), "{}: nobody has kept the trace {last}:\n{known}", query.place);
    }
    println!("{} queries, {} of panels: each has data", queries.len(), panels.count());

    for (expression, why) in [("sum(rate(no_such_metric_total[5m]))", "no_such_metric_total"), ("sum(rate(up[5m])", "unclosed")] {
        let query = Query { place: "a wrong one".into(), expression: expression.into(), has_exemplars: false };
        let found = fault(prometheus, &exported, &query).unwrap_or_default();
        assert!(found.contains(why), "{found:?}");
    }
}
