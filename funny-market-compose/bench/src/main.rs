//! See the library of the same name.

use clap::Parser;
use market_bench::Command;

#[derive(Parser)]
#[command(name = "market-bench", version, about = "Measures the market", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> std::process::ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("market-bench: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}
