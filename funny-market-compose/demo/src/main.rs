use clap::{Parser, Subcommand};
use demo::{People, SELLERS, Secrets};
use market::{Caller, Result};
use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

/// An import of many ads is one large request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Fills a market with people, cars and pictures.
#[derive(Parser)]
#[command(name = "market-demo", version, disable_help_subcommand = true)]
struct Cli {
    /// Address of the gateway, http://HOST:PORT
    #[arg(long, global = true, env = "FM_MARKET_GATEWAY", default_value = "http://127.0.0.1:8080")]
    gateway: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Signs people up, lists their cars and uploads the pictures; again, it lists nothing twice
    Fill {
        #[command(flatten)]
        secrets: Secrets,
        /// SVG file with a symbol for each body type
        #[arg(long)]
        shapes: PathBuf,
        /// Folder that keeps the pictures between runs
        #[arg(long)]
        pictures: PathBuf,
    },
    /// Imports a CSV file of ads as the dealer
    Import {
        #[command(flatten)]
        secrets: Secrets,
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("market-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let gateway = Caller::new(cli.gateway.trim_end_matches('/')).timeout(TIMEOUT);
    match cli.command {
        Command::Fill { secrets, shapes, pictures } => {
            let people = People::sign_in(&gateway, &secrets)?;
            println!("  {} have signed in", SELLERS.map(|seller| seller.username).join(" "));
            demo::save_searches(&people)?;
            let cars = demo::cars(&gateway)?;
            let drawn: Vec<_> = cars.iter().map(|demo| demo.car.clone()).collect();
            let pictures = demo::draw(&drawn, &shapes, &pictures)?;
            demo::list_cars(&people, &cars, &pictures, |n| println!("  {n} of {} cars listed", cars.len()))?;
            println!("  their pictures are there");
            demo::write_messages(&people)?;
            demo::remember_cars(&people)?;
            println!("  buyers and sellers have written to each other");
            demo::sell_cars(&people, &cars)?;
        }
        Command::Import { secrets, file } => {
            let csv = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let people = People::sign_in(&gateway, &secrets)?;
            demo::import(people.dealer(), &csv, Duration::from_secs(1), |report| {
                println!("  {}: {} read, {} accepted, {} refused", report.state, report.read, report.accepted, report.refused);
            })?;
        }
    }
    Ok(())
}
