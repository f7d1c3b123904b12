//! The import of many ads, as a dealer imports them.

use crate::{Result, figure::Figure};
use demo::{People, Secrets};
use market::Caller;
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Between two questions of how far the import is.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The duration that is aimed at.
const GOAL: Duration = Duration::from_secs(60);

/// Settings of this part.
#[derive(clap::Args)]
pub struct Import {
    /// The gateway, as http://HOST:PORT
    #[arg(long)]
    gateway: String,
    #[command(flatten)]
    secrets: Secrets,
    /// CSV file of ads
    file: PathBuf,
}

impl Import {
    /// Measures from the request until all ads are searchable.
    ///
    /// # Errors
    /// The file cannot be read, or the market refuses or fails the import.
    pub fn run(self) -> Result<()> {
        let csv = fs::read(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let ads = csv.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
        let people = People::sign_in(&Caller::new(self.gateway).timeout(GOAL), &self.secrets)?;
        let began = Instant::now();
        let report = demo::import(people.dealer(), &csv, POLL_INTERVAL, |_| ())?;
        let took = began.elapsed();
        let what = format!(
            "import of {ads} ads through the gateway, until all are searchable ({} accepted, {} refused)",
            report.accepted, report.refused
        );
        Figure::new("import", what, format!("{:.1} s", took.as_secs_f64())).goal("<= 60 s", took <= GOAL).print();
        Ok(())
    }
}
