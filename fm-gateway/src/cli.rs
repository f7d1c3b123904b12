//! The command line: serve, check the settings, look after the table.

use crate::{
    Application, GatewaySettings, NAME,
    application::registry,
    front::GatewayMetrics,
    pipeline::{Catalogue, Drivers, Tools, compile},
    table::{self, Problems, Table},
    upstream::Limits,
};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    config::{Settings, own_settings},
    health::probe,
    http::Draining,
    identity::{Terms, Verifier},
    logging,
    metrics::Metrics,
    registry::{Expect, MemoryRegistry, balance::Balancer, services::Services},
    stop_signal,
};
use std::{io::Read, path::PathBuf, process::ExitCode, sync::Arc};

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
    Table(TableCommand),
}

#[derive(Subcommand)]
enum TableCommand {
    /// Prints the table in the registry; its revision goes to stderr
    Get,
    /// Checks a table and puts it into force on all nodes
    Put {
        /// A file with the table, or - for stdin
        file: PathBuf,
        /// Only if the table has this revision still
        #[arg(long)]
        revision: Option<i64>,
    },
    /// Checks a table and changes nothing
    Check {
        /// A file with the table, or - for stdin
        file: PathBuf,
    },
}

/// Runs the program.
pub fn run() -> ExitCode {
    // Clients must find it without looking it up in the registry.
    let command = Cli::command().mut_arg("http", |http| http.default_value("127.0.0.1:8080"));
    // A flattened struct of settings would introduce the program by what it is itself.
    let command = command.about(concat!(env!("CARGO_PKG_NAME"), ": ", env!("CARGO_PKG_DESCRIPTION"))).long_about(None::<&'static str>);
    let matches = command.get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
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
        Command::Table(command) => look_after(command, &settings, &cli.own.plugins).await,
        Command::Serve => {
            let instance = settings.instance_name();
            logging::init(NAME, &instance, settings.log_format, &settings.log);
            settings.instance = Some(instance);
            Application::build(settings, cli.own)?.run(async { drop(stop_signal().await) }).await
        }
    }
}

async fn look_after(command: TableCommand, settings: &Settings, plugins: &Catalogue) -> Result<()> {
    match command {
        TableCommand::Get => {
            let found = table::fetch(&*registry(settings)?).await?;
            let (table, revision) = found.ok_or_else(|| Error::new(Kind::NotFound, "table-missing", "the registry has no table"))?;
            eprintln!("revision {revision}");
            println!("{}", serde_json::to_string_pretty(&table).internal()?);
        }
        TableCommand::Check { file } => {
            let table = read(&file, plugins)?;
            println!("the table is good: {} routes", table.routes.len());
        }
        TableCommand::Put { file, revision } => {
            let table = read(&file, plugins)?;
            let expect = revision.map_or(Expect::Any, Expect::Revision);
            let revision = table::publish(&*registry(settings)?, &table, expect).await?;
            println!("revision {revision}");
        }
    }
    Ok(())
}

fn read(file: &PathBuf, plugins: &Catalogue) -> Result<Table> {
    let mut text = String::new();
    let cannot = |e: std::io::Error| Error::new(Kind::Malformed, "file", format!("{}: {e}", file.display()));
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(cannot)?;
    } else {
        text = std::fs::read_to_string(file).map_err(cannot)?;
    }
    let table: Table = serde_json::from_str(&text).map_err(|e| Error::new(Kind::Malformed, "table-unreadable", e.to_string()))?;
    check(&table, plugins).map_err(|e| Error::new(Kind::Invalid, "table-invalid", e.to_string()))?;
    Ok(table)
}

/// Compiles a table on drivers that lead nowhere.
///
/// # Errors
/// All that is wrong with it.
pub fn check(table: &Table, plugins: &Catalogue) -> std::result::Result<(), Problems> {
    let registry: Arc<MemoryRegistry> = Arc::default();
    let tools = Tools {
        services: Services::new(registry.clone()),
        balancer: Balancer::default(),
        verifier: Arc::new(Verifier::new(&*registry, Terms::default())),
        limits: Limits::default(),
        metrics: GatewayMetrics::new(Metrics::default()),
        draining: Draining::default(),
    };
    compile(table, 0, plugins, &Drivers::new(tools)).map(drop)
}
