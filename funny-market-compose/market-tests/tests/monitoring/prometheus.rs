//! A Prometheus of the test's own.

use crate::{alertmanager::Alertmanager, files};
use market::child::{OwnedChild, free_addresses};
use market_tests::{Caller, Market, wait_until};
use serde_json::Value;
use std::{
    cell::RefCell,
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    rc::Rc,
    time::Duration,
};

/// How much shorter all times of the alerts are, but for 15 s between two scrapes, which become one.
pub const FASTER: u32 = 10;
const START: Duration = Duration::from_secs(60);

pub struct Prometheus {
    pub alertmanager: Alertmanager,
    pub node_exporter: NodeExporter,
    http: Caller,
    _server: OwnedChild,
    folder: Folder,
}

/// Tells of the machine. It can be ended and started again.
#[derive(Clone)]
pub struct NodeExporter {
    address: String,
    folder: PathBuf,
    process: Rc<RefCell<Option<OwnedChild>>>,
}

impl NodeExporter {
    pub fn start(&self) {
        let words = [format!("--web.listen-address={}", self.address)];
        *self.process.borrow_mut() = Some(started("prometheus-node-exporter", &words, &self.folder));
    }

    pub fn stop(&self) {
        self.process.borrow_mut().take();
    }
}

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Prometheus {
    /// Starts one that watches this market, and waits until it has seen all of its instances.
    pub fn watch(market: &Market) -> Self {
        let folder = env::temp_dir().join(market.unique("prometheus"));
        fs::create_dir_all(&folder).unwrap();
        let [own, node] = free_addresses::<2>().unwrap().map(|address| address.to_string());
        let token = market.script("service", &["fm-gateway", "token", "create", "a test", "--days", "1"]);
        fs::write(folder.join("token"), token.trim()).unwrap();
        fs::write(folder.join("alerts.yml"), faster(&files::read("alerts.yml"))).unwrap();
        let alertmanager = Alertmanager::start(&folder);
        fs::write(folder.join("prometheus.yml"), configuration(market, &own, &node, &alertmanager.address)).unwrap();

        let node_exporter = NodeExporter { address: node, folder: folder.clone(), process: Rc::default() };
        node_exporter.start();
        let server = [
            format!("--config.file={}", folder.join("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", folder.join("data").display()),
            format!("--web.listen-address={own}"),
            "--enable-feature=exemplar-storage".to_owned(),
        ];
        let server = started("prometheus", &server, &folder);
        let http = Caller::new(format!("http://{own}"));
        let prometheus = Self { alertmanager, node_exporter, http, _server: server, folder: Folder(folder) };
        let instances = market.local().instances().len();
        wait_until("Prometheus has scraped every instance", START, || {
            prometheus.numbers(r#"count(max_over_time(up{job="market"}[1m]) == 1)"#) == [instances as f64]
        });
        prometheus
    }

    /// Asks for an expression now; an error is what is wrong with it.
    pub fn query(&self, expression: &str) -> Result<Vec<Value>, String> {
        let path = format!("/api/v1/query?query={}", encoded(expression));
        let body = self.http.try_send("GET", &path, None).map_err(|error| error.to_string())?.json();
        match body["data"]["result"].as_array() {
            Some(series) => Ok(series.clone()),
            None => Err(body["error"].as_str().unwrap_or("no answer").to_owned()),
        }
    }

    /// The values of the series that an expression gives; none where it cannot be asked yet.
    pub fn numbers(&self, expression: &str) -> Vec<f64> {
        let series = self.query(expression).unwrap_or_default();
        series.iter().filter_map(|series| series["value"][1].as_str()?.parse().ok()).collect()
    }

    /// Waits until an expression gives something.
    pub fn sees(&self, expression: &str) {
        self.sees_after(expression, || {});
    }

    /// Does something again and again until an expression gives something.
    pub fn sees_after(&self, expression: &str, act: impl Fn()) {
        wait_until(expression, START, || {
            act();
            !self.numbers(expression).is_empty()
        });
    }

    /// The traces of the exemplars that belong to an expression.
    pub fn exemplars(&self, expression: &str) -> Vec<String> {
        let body = self.http.get(&format!("/api/v1/query_exemplars?query={}", encoded(expression))).expect(200).json();
        let series = body["data"].as_array().unwrap_or_else(|| panic!("{expression}: {body}"));
        let exemplars = series.iter().flat_map(|series| series["exemplars"].as_array().into_iter().flatten());
        exemplars.map(|exemplar| exemplar["labels"]["trace_id"].as_str().unwrap().to_owned()).collect()
    }

    /// The names of all metrics that it has seen.
    pub fn names(&self) -> BTreeSet<String> {
        let names = self.http.get("/api/v1/label/__name__/values").expect(200).json();
        names["data"].as_array().unwrap().iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// The names of the alerts whose condition holds, but not for long enough yet.
    pub fn pending(&self) -> BTreeSet<String> {
        let series = self.query(r#"ALERTS{alertstate="pending", alertname!~"DiskAlmostFull|MemoryAlmostFull"}"#).unwrap();
        series.iter().filter_map(|series| series["metric"]["alertname"].as_str().map(str::to_owned)).collect()
    }

    /// Where it reads the token with which it asks the gateways for its targets.
    pub fn token_file(&self) -> PathBuf {
        self.folder.0.join("token")
    }
}

fn encoded(expression: &str) -> String {
    expression.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub fn started(program: &str, words: &[String], folder: &Path) -> OwnedChild {
    let log = fs::File::create(folder.join(program)).unwrap();
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    OwnedChild(command.spawn().unwrap_or_else(|error| panic!("{program} cannot be started (Debian: prometheus, {program}): {error}")))
}

/// The configuration with the addresses of this market.
fn configuration(market: &Market, own: &str, node: &str, alertmanager: &str) -> String {
    let quoted =
        |addresses: &str| addresses.split(',').map(|url| format!("{:?}", url.trim_start_matches("http://"))).collect::<Vec<_>>().join(", ");
    let broker = format!(
        "127.0.0.1:{}",
        market.local().port("rabbitmq-metrics").unwrap_or_else(|error| panic!("FM_RABBITMQ_METRICS=1 scripts/up: {error}"))
    );
    let mut text = files::read("prometheus.yml");
    for (from, to) in [
        ("http://fm-gateway:8081", market.address("gateway_admin").as_str()),
        (r#""etcd-1:2379", "etcd-2:2379", "etcd-3:2379""#, &quoted(&market.address("registry"))),
        (r#""rabbitmq-1:15692", "rabbitmq-2:15692", "rabbitmq-3:15692""#, &quoted(&broker)),
        (r#""node-exporter:9100""#, &quoted(node)),
        (r#""localhost:9090""#, &quoted(own)),
        (r#""alertmanager:9093""#, &quoted(alertmanager)),
        ("15s", "1s"),
    ] {
        assert!(text.contains(from), "prometheus.yml does not say {from}");
        text = text.replace(from, to);
    }
    text
}

/// The rules with shorter times: `for: 5m`, `[1h:1m]`, and ages that are compared, `_seconds > 60`.
fn faster(rules: &str) -> String {
    let shorter = |time: &str| {
        let (number, unit) = time.split_at(time.len() - 1);
        let milliseconds = match unit {
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => panic!("{time} is no time"),
        };
        format!("{}ms", number.parse::<u32>().unwrap() * milliseconds / FASTER)
    };
    let mut text = String::new();
    for line in rules.lines() {
        if let Some((indent, time)) = line.split_once("for: ") {
            text += &format!("{indent}for: {}\n", shorter(time));
            continue;
        }
        if let Some((metric, seconds)) = line.split_once("_seconds > ") {
            text += &format!("{metric}_seconds > {}\n", seconds.parse::<f64>().unwrap() / f64::from(FASTER));
            continue;
        }
        let mut parts = line.split('[');
        text += parts.next().unwrap_or_default();
        for part in parts {
            // What else stands in square brackets is a text.
            match part.split_once(']').filter(|(times, _)| times.starts_with(|c: char| c.is_ascii_digit())) {
                Some((times, rest)) => text += &format!("[{}]{rest}", times.split(':').map(shorter).collect::<Vec<_>>().join(":")),
                None => text += &format!("[{part}"),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::faster;

    #[test]
    fn all_times_of_a_rule_become_shorter() {
        let rule = "expr: rate(a[5m]) > b[1h:1m] and c == 1\nfor: 3m\nsummary: no [time]\nexpr: age_seconds > 60\n";
        let shorter = "expr: rate(a[30000ms]) > b[360000ms:6000ms] and c == 1\nfor: 18000ms\nsummary: no [time]\nexpr: age_seconds > 6\n";
        assert_eq!(faster(rule), shorter);
    }
}
