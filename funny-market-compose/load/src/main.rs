use clap::{ArgGroup, Parser};
use market::{Caller, Result};
use market_load::{Load, Report, Settings};
use std::{
    process::{self, ExitCode},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

const PROGRESS: Duration = Duration::from_secs(10);
/// Deleting an account takes a password, whose hash is dear.
const CLEANING: Duration = Duration::from_secs(60);

/// Lets buyers and sellers use a market.
#[derive(Parser)]
#[command(name = "market-load", version, group(ArgGroup::new("end").args(["time", "until_stopped", "clean"])))]
struct Cli {
    /// Address of the gateway, http://HOST:PORT
    #[arg(long, env = "FM_MARKET_GATEWAY", default_value = "http://127.0.0.1:8080")]
    target: String,
    /// The same seed gives the same people with the same intentions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sessions that begin in a second, whatever the answers do
    #[arg(long, default_value = "1", value_parser = rate)]
    rate: f64,
    /// Seconds that people think between two clicks, on average
    #[arg(long, default_value = "3", value_parser = seconds)]
    think: Duration,
    /// Ends after so many seconds, or with a unit: 90s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = seconds)]
    time: Duration,
    /// Ends when it is interrupted (Ctrl-C)
    #[arg(long)]
    until_stopped: bool,
    /// Deletes the accounts of the load, and with them all that they left, and does nothing else
    #[arg(long)]
    clean: bool,
    /// Password of the load's accounts
    #[arg(long, env = "FM_LOAD_PASSWORD", hide_env_values = true)]
    password: String,
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.01..=1000.0).contains(rate));
    rate.ok_or_else(|| "a number from 0.01 to 1000".to_owned())
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let unit = match unit {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("a time as 90s, 10m or 2h".to_owned()),
    };
    let seconds = number.parse::<f64>().ok().filter(|seconds| (0.0..=1e6).contains(seconds));
    seconds.map(|seconds| Duration::from_secs_f64(seconds * unit)).ok_or_else(|| "a time as 90s, 10m or 2h".to_owned())
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("market-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    if cli.clean {
        let gateway = Caller::new(cli.target.trim_end_matches('/')).timeout(CLEANING);
        println!("{} accounts deleted", market_load::clean(&gateway, &cli.password)?);
        return Ok(ExitCode::SUCCESS);
    }
    let interrupted = interruptions()?;
    let Cli { target, seed, rate, think, password, .. } = cli;
    let load = Load::start(&Settings { target: target.clone(), seed: *seed, rate: *rate, think: *think, password: password.clone() })?;
    let end = if cli.until_stopped { None } else { Some(Instant::now() + cli.time) };
    println!("{rate} sessions a second at {target}, seed {seed}; Ctrl-C ends it");

    let (began, mut before) = (Instant::now(), load.report());
    loop {
        let wait = end.map_or(PROGRESS, |end| end.saturating_duration_since(Instant::now()).min(PROGRESS));
        match interrupted.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) if end.is_none_or(|end| Instant::now() < end) => {}
            _ => break,
        }
        let now = load.report();
        println!("{}", progress(began.elapsed(), load.sessions(), &before, &now));
        before = now;
    }
    let report = load.stop();
    println!("{report}");
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A channel that hears of the first interrupt. A second one ends the program as it is.
fn interruptions() -> Result<mpsc::Receiver<()>> {
    static IS_ENDING: AtomicBool = AtomicBool::new(false);
    let (tell, interrupted) = mpsc::channel();
    ctrlc::set_handler(move || {
        if IS_ENDING.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
        let _ = tell.send(());
    })?;
    Ok(interrupted)
}

fn progress(elapsed: Duration, sessions: usize, before: &Report, now: &Report) -> String {
    let (done, failed) = (now.done() - before.done(), now.failed() - before.failed());
    let rate = done as f64 / PROGRESS.as_secs_f64();
    let codes: Vec<_> =
        now.codes().into_iter().filter(|(code, count)| before.codes().get(code) != Some(count)).map(|(code, _)| code).collect();
    let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
    format!("{:>6} s  {sessions:>4} sessions  {rate:>6.1} requests/s  {failed:>4} failed{codes}", elapsed.as_secs())
}
