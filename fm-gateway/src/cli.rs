//! The command line: serve, check the settings, look after the table.

mod secret;
mod table;
mod token;
mod user;

pub use crate::pipeline::check;
use crate::{
    Application, GatewaySettings, NAME,
    pipeline::{Catalogue, Plugin},
};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use fm_sdk::{
    Result,
    config::{Settings, own_settings},
    health::probe,
    logging, stop_signal,
};
use std::{process::ExitCode, sync::Arc};

#[derive(Parser)]
#[command(name = NAME, version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    own: GatewaySettings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM (what happens without a command)
    Serve,
    /// Prints the settings in force, passwords masked
    Check,
    /// Asks the gateway that listens at FM_HTTP on this machine whether it is ready, for health checks of containers
    Ready,
    /// Reads, checks and writes the routing table
    #[command(subcommand)]
    Table(table::TableCommand),
    /// Looks after the users of the dashboard
    #[command(subcommand)]
    User(user::UserCommand),
    /// Makes what the plugins api-key and basic-auth know of secrets: hashes
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Makes tokens, with which programs call the Admin API
    #[command(subcommand)]
    Token(token::TokenCommand),
}

/// Runs the program.
pub fn run() -> ExitCode {
    run_with([])
}

/// Runs the program with plugins of others beside those that come with it: the `main` of a gateway of one's own.
pub fn run_with(plugins: impl IntoIterator<Item = Arc<dyn Plugin>>) -> ExitCode {
    let mut catalogue = Catalogue::shipped();
    if let Err(problem) = plugins.into_iter().try_for_each(|plugin| catalogue.add(plugin)) {
        eprintln!("{NAME}: {problem}");
        return ExitCode::FAILURE;
    }
    // Clients must find it without looking it up in the registry.
    let command = Cli::command().mut_arg("http", |http| http.default_value("127.0.0.1:8080"));
    // A flattened struct of settings would introduce the program by what it is itself.
    let command = command.about(concat!(env!("CARGO_PKG_NAME"), ": ", env!("CARGO_PKG_DESCRIPTION"))).long_about(None::<&'static str>);
    let matches = command.get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    cli.own.plugins = catalogue;
    let own = own_settings::<GatewaySettings>(&matches);
    match actix_rt::System::new().block_on(obey(cli, own)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{NAME}: {}", e.chain());
            ExitCode::FAILURE
        }
    }
}

async fn obey(cli: Cli, own_settings: String) -> Result<()> {
    let mut settings = cli.settings;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Check => {
            print!("{}{own_settings}", settings.masked());
            Ok(())
        }
        Command::Ready => probe(&settings.http),
        Command::Table(command) => table::run(command, &settings, &cli.own.plugins).await,
        Command::User(command) => user::run(command, &settings).await,
        Command::Secret(command) => secret::run(command).await,
        Command::Token(command) => token::run(command, &settings).await,
        Command::Serve => {
            let instance = settings.instance_name();
            logging::init(NAME, &instance, settings.log_format, &settings.log);
            settings.instance = Some(instance);
            Application::build(settings, cli.own)?.run(async { drop(stop_signal().await) }).await
        }
    }
}

/// Whose shell it is, for history and audit log; anybody who can reach the registry can say anything here.
fn author(command: &str) -> String {
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
    user.map_or_else(|| NAME.into(), |user| format!("{user} ({NAME} {command})"))
}
