//! Inputs that chance makes of the tables' rows: each target changes them again and again, for `FM_FUZZ_SECONDS` (2), and says what must always hold. A
//! failure names the input; `FM_FUZZ_SEED` repeats a run. See docs/adr/0022.

use crate::{
    rows::{bytes, rows},
    support::{Client, TestApp, Upstream, ok},
};
use fm_gateway::{
    cli,
    front::{is_stripped, normalise},
    pipeline::Catalogue,
    router::{Found, HostRule, Lookup, MethodSet, Pattern, RequestAttributes, Router, Rule},
    table::{Table, market},
};
use http::{HeaderMap, Method};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, time::timeout};

const REQUESTS: [&str; 3] = [include_str!("requests/heads.txt"), include_str!("requests/targets.txt"), include_str!("requests/bodies.txt")];
/// What parsers take for something else.
const PIECES: [&[u8]; 24] = [
    b"/",
    b"//",
    b"/../",
    b"/./",
    b"%2e",
    b"%2f",
    b"%00",
    b"%",
    b"\\",
    b"?",
    b"#",
    b"..",
    b"{id}",
    b"/**",
    b"*",
    b":",
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"\0",
    b"\xff",
    "ä".as_bytes(),
];
/// Longer inputs are cut.
const MAX_INPUT: usize = 16 * 1024;
/// Whoever gets neither answer nor close for so long is forgotten.
const TIMEOUT: Duration = Duration::from_secs(10);
const LAST: &[u8] = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
/// When nothing more is expected.
const SILENCE: Duration = Duration::from_millis(100);

/// Makes inputs, for a while.
struct Fuzzer {
    random: StdRng,
    seed: u64,
    corpus: Vec<Vec<u8>>,
    until: Instant,
    count: usize,
}

impl Fuzzer {
    fn new(corpus: Vec<Vec<u8>>) -> Fuzzer {
        let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
        let seed = number("FM_FUZZ_SEED").unwrap_or_else(|| rand::rng().random());
        let time = Duration::from_secs(number("FM_FUZZ_SECONDS").unwrap_or(2));
        assert!(!corpus.is_empty());
        Fuzzer { random: StdRng::seed_from_u64(seed), seed, corpus, until: Instant::now() + time, count: 0 }
    }

    /// Gives the next input; none when the time is over.
    fn next(&mut self) -> Option<Vec<u8>> {
        if Instant::now() >= self.until {
            return None;
        }
        self.count += 1;
        let mut input = self.pick();
        for _ in 0..self.random.random_range(0..6) {
            self.change(&mut input);
        }
        input.truncate(MAX_INPUT);
        Some(input)
    }

    fn pick(&mut self) -> Vec<u8> {
        let at = self.random.random_range(0..self.corpus.len());
        self.corpus[at].clone()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        let end = self.random.random_range(at..=input.len().min(at + 32));
        match self.random.random_range(0..7) {
            0 => drop(input.drain(at..end)),
            1 => drop(input.splice(at..at, PIECES[self.random.random_range(0..PIECES.len())].iter().copied())),
            2 => drop(input.splice(at..end, PIECES[self.random.random_range(0..PIECES.len())].iter().copied())),
            3 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            4 if at < input.len() => input[at] = self.random.random(),
            5 if at < input.len() => input[at] ^= 1 << self.random.random_range(0..8),
            // The beginning of one and the end of another.
            _ => {
                let other = self.pick();
                let from = self.random.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }

    /// Checks an input, and names it when that panics.
    fn check(&self, input: &[u8], check: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(check)).is_err() {
            panic!("seed {}, input {}: {:?}", self.seed, self.count, String::from_utf8_lossy(input));
        }
    }

    /// Few inputs in a long time would test nothing.
    fn end(&self, target: &str, at_least: usize) {
        println!("{target}: {} inputs, seed {}", self.count, self.seed);
        assert!(self.count >= at_least, "{target}: {} inputs only", self.count);
    }
}

/// The requests of the tables, those that are small.
fn requests() -> Vec<Vec<u8>> {
    let all = REQUESTS.into_iter().flat_map(|table| rows(table, 4)).map(|row| bytes(row[3]));
    all.filter(|request| request.len() <= MAX_INPUT).collect()
}

/// The paths of the requests, as they were sent.
fn paths() -> Vec<Vec<u8>> {
    let target = |request: Vec<u8>| request.split(|byte| *byte == b' ').nth(1).map(<[u8]>::to_vec);
    requests().into_iter().filter_map(target).filter(|target| target.starts_with(b"/")).collect()
}

#[test]
fn a_path_has_one_normal_form_or_none() {
    let mut fuzzer = Fuzzer::new(paths());
    while let Some(input) = fuzzer.next() {
        let path = String::from_utf8_lossy(&input).into_owned();
        fuzzer.check(&input, || {
            let Ok(normal) = normalise(&path) else { return };
            assert_eq!(normalise(&normal).as_deref().ok(), Some(&*normal), "the normal form has another one");
            assert!(normal.starts_with('/') && normal.is_ascii(), "{normal}");
            assert!(normal.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'?' | b'#')), "{normal}");
            assert!(!normal.split('/').any(|segment| segment == "." || segment == ".."), "{normal}");
            assert!(!normal.contains("//"), "{normal}");
        });
    }
    fuzzer.end("normaliser", 1000);
}

#[test]
fn the_router_finds_what_looking_at_each_route_finds() {
    let market = market();
    let patterns = market.routes.iter().map(|route| route.path.clone().into_bytes());
    let mut fuzzer = Fuzzer::new(patterns.chain(paths()).collect());
    let mut rules: Vec<Rule> = Vec::new();
    while let Some(input) = fuzzer.next() {
        let text = String::from_utf8_lossy(&input).into_owned();
        fuzzer.check(&input, || {
            let Ok(pattern) = Pattern::parse(&text) else { return };
            let again = Pattern::parse(&pattern.to_string()).expect("what is written can be read");
            assert_eq!(pattern, again);
            rules.push(Rule {
                hosts: vec![HostRule::Any],
                pattern,
                methods: MethodSet::ALL,
                predicates: Vec::new(),
                priority: 0,
                fallback: false,
            });
        });
        if rules.len() > 40 {
            rules.clear();
        }
        let router = Router::new(&rules);
        let headers = HeaderMap::new();
        for _ in 0..4 {
            let Some(input) = fuzzer.next() else { break };
            let path = String::from_utf8_lossy(&input).into_owned();
            fuzzer.check(&input, || {
                let attributes = RequestAttributes { headers: &headers, query: None };
                let found = router.find(&Lookup { host: "h", path: &path, method: MethodSet::only(&Method::GET), attributes: &attributes });
                let matching = rules.iter().filter(|rule| rule.pattern.matches(&path));
                let best = matching.map(|rule| rule.pattern.specificity()).min();
                match (found, best) {
                    (Found::Route(at), Some(best)) => {
                        assert!(rules[at].pattern.matches(&path), "{} does not match {path}", rules[at].pattern);
                        assert_eq!(rules[at].pattern.specificity(), best, "{} is not the most specific one", rules[at].pattern);
                    }
                    (Found::Nothing, None) => {}
                    (found, best) => panic!("{found:?} instead of {best:?}"),
                }
            });
        }
    }
    fuzzer.end("router", 1000);
}

#[test]
fn a_table_compiles_or_says_what_is_wrong_with_it() {
    let catalogue = Catalogue::shipped();
    let examples =
        include_str!("../../docs/plugins.md").split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let tables = examples.map(|route| {
        let route: Value = serde_json::from_str(route).expect("an example");
        json!({"format": 1, "routes": [route]}).to_string().into_bytes()
    });
    let mut fuzzer = Fuzzer::new(tables.collect());
    let mut read = 0;
    while let Some(input) = fuzzer.next() {
        let mut is_read = false;
        fuzzer.check(&input, || {
            let Ok(table) = serde_json::from_slice::<Table>(&input) else { return };
            is_read = true;
            let written = serde_json::to_string(&table).expect("what is read can be written");
            assert_eq!(serde_json::from_str::<Table>(&written).ok().as_ref(), Some(&table));
            if let Err(problems) = cli::check(&table, &catalogue) {
                assert!(!problems.to_string().is_empty());
            }
        });
        read += usize::from(is_read);
    }
    fuzzer.end("tables", 100);
    assert!(read > 10, "{read} of {} are tables at all", fuzzer.count);
}

/// Sends bytes and a last request behind them, and reads what is answered until the gateway closes: the statuses.
async fn answers(app: &TestApp, input: &[u8]) -> Vec<u16> {
    let mut client: Client = app.connect().await;
    // It may close before it has read everything.
    let _ = client.io.write_all(&[input, LAST].concat()).await;
    // Where the last request has become a part of another one, that waits for more.
    while timeout(SILENCE, client.more()).await.unwrap_or(false) {}
    let _ = client.io.shutdown().await;
    while client.more().await {}
    let text = String::from_utf8_lossy(&client.input).into_owned();
    let lines = text.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok());
    lines.collect()
}

#[actix_rt::test]
async fn whatever_is_sent_the_upstream_reads_plain_requests_and_no_more_than_are_answered() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            connection
                .write(if request.starts_with("HEAD ") { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n".to_owned() } else { ok("done") })
                .await;
        }
    })
    .await;
    let app = TestApp::with(
        json!([{"path": "/**", "max_body": 100_000, "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "retries": 0, "hedge_after": "0s"}}]}]),
        |_, own| {
            own.rest_time = Duration::from_millis(300);
            own.head_time = Duration::from_millis(500);
        },
    )
    .await;
    let mut fuzzer = Fuzzer::new(requests());
    while let Some(input) = fuzzer.next() {
        // What the gateway had sent for the input before, whose client was gone, is read by now.
        assert_eq!(app.get("/between").await.text(), "done");
        upstream.seen.borrow_mut().clear();
        let answered = timeout(TIMEOUT, answers(&app, &input)).await;
        let said = || format!("seed {}, input {}: {:?}", fuzzer.seed, fuzzer.count, String::from_utf8_lossy(&input));
        let Ok(statuses) = answered else { panic!("neither answered nor closed: {}", said()) };
        assert!(statuses.iter().all(|status| (100..600).contains(status) && *status != 500), "{statuses:?}: {}", said());
        let seen = upstream.seen.borrow().clone();
        // The last one may be cut off when its client is gone.
        assert!(seen.len() <= statuses.iter().filter(|status| **status >= 200).count() + 1, "{seen:?}: {statuses:?}, {}", said());
        for request in &seen {
            let head = request.split("\r\n\r\n").next().unwrap_or_default();
            let lines: Vec<&str> = head.split("\r\n").collect();
            let named = |name: &str| lines.iter().filter(|line| line.to_lowercase().starts_with(name)).count();
            assert!(!head.bytes().any(|b| b == 0) && !lines.iter().any(|line| line.contains(['\r', '\n'])), "{head:?}: {}", said());
            assert!(lines[0].ends_with(" HTTP/1.1") && lines[0].split(' ').count() == 3, "{head}: {}", said());
            assert!(named("host:") == 1 && named("content-length:") + named("transfer-encoding:") <= 1, "{head}: {}", said());
            let names = lines[1..].iter().filter_map(|line| line.split(':').next());
            assert!(!names.map(str::to_lowercase).any(|name| is_stripped(&name)), "{head}: {}", said());
        }
    }
    assert_eq!(app.get("/after").await.text(), "done");
    fuzzer.end("heads", 20);
}
