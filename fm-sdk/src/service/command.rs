//! The command line that every service has.

use super::{Application, Service, ask::Ask, parked::ParkedCommand, run::stop_signal};
use crate::{Error, Result, config::Settings, health::probe, logging};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;

/// No settings of its own.
#[derive(Args, Clone, Debug)]
pub struct NoSettings {}

#[derive(Parser)]
#[command(disable_help_subcommand = true)]
struct Cli<A: Args> {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    own: A,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM (what happens without a command)
    Serve,
    /// Prints the settings in force, passwords masked
    Check,
    /// Asks the instance that listens at FM_HTTP on this machine whether it is ready, for health checks of containers
    Ready,
    /// Looks after messages that were set aside
    #[command(subcommand)]
    Parked(ParkedCommand),
    /// Makes a call over the bus in the name of this service, and prints the reply
    Call(Ask),
}

/// Runs a service from the command line until SIGTERM; settings come from flags and `FM_*`.
///
/// ```no_run
/// # fn greeter() -> fm_sdk::Service<()> { fm_sdk::Service::new("fm-greeter", ()) }
/// fn main() -> std::process::ExitCode {
///     fm_sdk::run(greeter)
/// }
/// ```
pub fn run<S: Send + Sync + 'static>(make: impl FnOnce() -> Service<S>) -> ExitCode {
    let service = make();
    run_with::<NoSettings, S>(service.name(), move |_, _| Ok(service))
}

/// Runs a service that has settings of its own beside the common ones.
pub fn run_with<A: Args, S: Send + Sync + 'static>(name: &'static str, make: impl FnOnce(A, &Settings) -> Result<Service<S>>) -> ExitCode {
    let matches = Cli::<A>::command().name(name).bin_name(name).get_matches();
    let cli = Cli::<A>::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let mut settings = cli.settings;
    settings.instance.get_or_insert(settings.instance_name());
    let done = actix_rt::System::new().block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Check => {
                print!("{}", settings.masked());
                Ok(())
            }
            Command::Ready => probe(&settings.http),
            Command::Parked(command) => command.run(name, &settings).await,
            Command::Call(ask) => ask.run(name, &settings).await,
            Command::Serve => {
                logging::init(name, settings.instance.as_deref().unwrap_or_default(), settings.log_format, &settings.log);
                let service = make(cli.own, &settings)?;
                let (stop, stopped) = tokio::sync::oneshot::channel();
                actix_rt::spawn(async move {
                    let heard = stop_signal().await;
                    let _ = stop.send(heard);
                });
                let application = Application::build(service, settings).await?;
                application.run(async move { drop(stopped.await) }).await
            }
        }
    });
    exit(name, done)
}

fn exit(name: &str, done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let e: Error = e;
            eprintln!("{name}: {}", e.chain());
            ExitCode::FAILURE
        }
    }
}
