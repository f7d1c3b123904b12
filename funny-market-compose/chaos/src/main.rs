//! See the library of the same name.

use clap::Parser;
use market_chaos::{Options, report, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match run::run(&options) {
        Ok(outcome) => outcome,
        Err(e) => {
            eprintln!("market-chaos: {e}");
            return ExitCode::FAILURE;
        }
    };
    let report = report::Report::new(&options, &outcome);
    println!("{}", report.lines());
    if let Some(file) = &options.report
        && let Err(e) = std::fs::write(file, report.markdown())
    {
        eprintln!("market-chaos: {}: {e}", file.display());
        return ExitCode::FAILURE;
    }
    println!("{}", report.result());
    if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
