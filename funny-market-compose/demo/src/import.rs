use market::{Person, Request, Result};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};

/// The longest import that is waited for.
const TIMEOUT: Duration = Duration::from_secs(600);

/// How far an import is.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub state: String,
    pub read: u64,
    pub accepted: u64,
    pub refused: u64,
}

impl Report {
    fn of(status: &Value) -> Self {
        let count = |field: &str| status[field].as_u64().unwrap_or_default();
        let state = status["state"].as_str().unwrap_or_default().to_owned();
        Self { state, read: count("read"), accepted: count("accepted"), refused: count("refused") }
    }
}

/// Imports a CSV file of ads in the dealer's name, asks at this interval how far it is, and returns when it is done.
///
/// # Errors
/// The market refuses the file, the import fails, or it is not done within ten minutes.
pub fn import(dealer: &Person, csv: &[u8], interval: Duration, mut progress: impl FnMut(&Report)) -> Result<Report> {
    let began = Instant::now();
    let started = dealer.http.call(&Request::new("POST", "/api/cars/import").body("text/csv", csv))?.require(202)?;
    let status_url = started.field("status_url");
    loop {
        let status = dealer.http.try_send("GET", &status_url, None)?.require(200)?;
        let report = Report::of(&status.json());
        progress(&report);
        match report.state.as_str() {
            "done" => return Ok(report),
            "failed" => return Err(format!("the import failed: {}", status.text()).into()),
            _ if began.elapsed() > TIMEOUT => return Err(format!("the import is not done after {TIMEOUT:?}: {}", status.text()).into()),
            _ => thread::sleep(interval),
        }
    }
}
