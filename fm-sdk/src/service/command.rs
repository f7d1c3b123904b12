//! The command line that every service has.

#[cfg(feature = "rabbitmq")]
use super::topology::TopologyCommand;
use super::{
    Application, Program, Service, ask::Ask, dead_letters::DeadLettersCommand, forget::ForgetCommand, run::stop_signal,
    schedules::SchedulesCommand,
};
use crate::{
    Error, Kind, Result, ResultExt,
    config::{Settings, own_settings},
    health::probe,
    logging,
};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;

/// No settings of its own.
#[derive(Args, Clone, Debug)]
#[group(skip)]
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
    /// Lists, shows, replays and drops dead letters: messages that could not be handled
    // `parked` is what 0.2 called it.
    #[command(subcommand, alias = "parked")]
    DeadLetters(DeadLettersCommand),
    /// Lists and cancels scheduled messages: those that are to be sent later
    #[command(subcommand)]
    Schedules(SchedulesCommand),
    /// Shows what this service declares on RabbitMQ and binds there, and how its handlers take it, as text or as a drawing; asks no broker
    #[cfg(feature = "rabbitmq")]
    #[command(visible_alias = "handlers")]
    Topology(TopologyCommand),
    /// Prints what this service says on the bus and what it is told there, as an AsyncAPI document (JSON); asks no broker
    Asyncapi,
    /// Prints what this service answers over HTTP, as an OpenAPI document (JSON)
    Openapi,
    /// Removes what this service has left in the broker, the registry and the schedules; for a service that leaves for good
    Forget(ForgetCommand),
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
    run_with::<NoSettings, S>(Program::new(service.name(), service.about, service.version), move |_, _| Ok(service))
}

/// Runs a service that has settings of its own beside the common ones. `program` is [`program!()`](crate::program), or the service's name.
///
/// ```no_run
/// # #[derive(clap::Args)] struct Own { #[arg(long, env = "FM_GREETING", default_value = "hello")] greeting: String }
/// # fn greeter(own: Own) -> fm_sdk::Service<()> { fm_sdk::Service::new("fm-greeter", ()) }
/// fn main() -> std::process::ExitCode {
///     fm_sdk::run_with(fm_sdk::program!(), |own: Own, _| Ok(greeter(own)))
/// }
/// ```
pub fn run_with<A: Args, S: Send + Sync + 'static>(
    program: impl Into<Program>,
    make: impl FnOnce(A, &Settings) -> Result<Service<S>>,
) -> ExitCode {
    let program = program.into();
    let name = program.name;
    let matches = command::<A>(program).get_matches();
    let cli = Cli::<A>::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let mut settings = cli.settings;
    settings.instance.get_or_insert(settings.instance_name());
    let done = actix_rt::System::new().block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Check => {
                print!("{}", effective::<A>(&settings, &matches));
                Ok(())
            }
            Command::Ready => probe(&settings.http),
            Command::DeadLetters(command) => command.run(name, &settings).await,
            Command::Schedules(command) => {
                let specs = make(cli.own, &settings)?.specs;
                command.run(name, specs, &settings).await
            }
            #[cfg(feature = "rabbitmq")]
            Command::Topology(command) => {
                print!("{}", command.render(&make(cli.own, &settings)?));
                Ok(())
            }
            Command::Asyncapi => print(&make(cli.own, &settings)?.version_or(program.version).asyncapi()),
            Command::Openapi => match make(cli.own, &settings)?.openapi_document()? {
                Some(document) => print(&document),
                None => Err(Error::new(Kind::NotFound, "openapi-none", "the service does not describe HTTP routes")),
            },
            Command::Forget(command) => {
                let specs = make(cli.own, &settings)?.specs;
                command.run(name, specs, &settings).await
            }
            Command::Call(ask) => ask.run(name, &settings).await,
            Command::Serve => {
                logging::init(name, settings.instance.as_deref().unwrap_or_default(), settings.log_format, &settings.log);
                let service = make(cli.own, &settings)?.version_or(program.version);
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

fn print(document: &serde_json::Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(document).internal()?);
    Ok(())
}

/// The command line, introduced by what the program is. (Without `about` clap takes the first sentence of a struct of settings.)
fn command<A: Args>(program: Program) -> clap::Command {
    let Program { name, about, version } = program;
    let about = if about.is_empty() { format!("{name}, a service of the market") } else { format!("{name}: {about}") };
    let command = Cli::<A>::command().name(name).bin_name(name).about(about).long_about(None::<&'static str>);
    if version.is_empty() { command } else { command.version(version) }
}

/// All settings in force: the market's, then the service's own.
fn effective<A: Args>(settings: &Settings, matches: &ArgMatches) -> String {
    settings.masked() + &own_settings::<A>(matches)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the service is told.
    #[derive(Args)]
    struct Own {
        /// A greeting
        #[arg(long, env = "FM_TEST_GREETING", default_value = "hello")]
        greeting: String,
        /// Where greetings are kept
        #[arg(long, env = "FM_TEST_CARDS", hide_env_values = true, default_value = "http://me:s3cret@cards/x")]
        cards: String,
        /// The key of the drawer
        #[arg(long, env = "FM_TEST_DRAWER", hide_env_values = true)]
        drawer: Option<String>,
        /// Not marked as a secret
        #[arg(long, env = "FM_TEST_PASSWORD")]
        password: Option<String>,
        /// Several
        #[arg(long, value_delimiter = ',')]
        names: Vec<String>,
        /// A flag
        #[arg(long)]
        loud: bool,
    }

    fn check(args: &[&str]) -> String {
        let args = std::iter::once("fm-greeter").chain(args.iter().copied());
        let matches = command::<Own>(Program::from("fm-greeter")).try_get_matches_from(args).unwrap();
        effective::<Own>(&Cli::<Own>::from_arg_matches(&matches).unwrap().settings, &matches)
    }

    #[test]
    fn a_service_may_name_its_settings_as_the_sdk_does() {
        #[derive(Args)]
        struct Settings {
            #[command(flatten)]
            more: NoSettings,
            #[arg(long, default_value = "here")]
            place: String,
        }
        #[derive(Args)]
        struct TraceSettings {
            #[command(flatten)]
            settings: Settings,
        }
        let matches = command::<TraceSettings>(Program::from("fm-greeter")).try_get_matches_from(["fm-greeter", "check"]).unwrap();
        let own = Cli::<TraceSettings>::from_arg_matches(&matches).unwrap().own.settings;
        let NoSettings {} = own.more;
        assert_eq!(own.place, "here");
    }

    #[test]
    fn check_shows_the_settings_of_the_service_too_without_its_secrets() {
        let text = check(&["--drawer=s3cret", "--password=s3cret", "--names=a,b", "check"]);
        for line in [
            "FM_BUS=amqp://127.0.0.1:5672",
            "FM_TEST_GREETING=hello",
            "FM_TEST_CARDS=http://me:***@cards/x",
            "FM_TEST_DRAWER=***",
            "FM_TEST_PASSWORD=***",
            "--names=a,b",
            "--loud=false",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("s3cret"), "{text}");
        assert!(check(&["check"]).contains("FM_TEST_DRAWER=(not set)\n"));
        assert!(check(&["--loud", "check"]).contains("--loud=true\n"));
    }

    #[test]
    #[cfg(feature = "rabbitmq")]
    fn the_topology_is_drawn_in_the_formats_that_help_names() {
        let parse =
            |format: &str| command::<Own>(Program::from("fm-greeter")).try_get_matches_from(["fm-greeter", "topology", "--format", format]);
        for format in ["text", "mermaid"] {
            let cli = Cli::<Own>::from_arg_matches(&parse(format).unwrap()).unwrap();
            assert!(matches!(cli.command, Some(Command::Topology(_))), "{format}");
        }
        assert!(parse("dot").unwrap_err().to_string().contains("possible values: text, mermaid"));
    }

    #[test]
    fn help_opens_with_what_the_service_is_and_version_prints_its_version() {
        let help = |p: Program| command::<Own>(p).render_long_help().to_string();
        assert!(help(Program::new("fm-greeter", "Greets people", "1.2.3")).starts_with("fm-greeter: Greets people\n"));
        assert!(help("fm-greeter".into()).starts_with("fm-greeter, a service of the market\n"));
        let version = command::<Own>(Program::new("fm-greeter", "", "1.2.3")).try_get_matches_from(["fm-greeter", "--version"]);
        assert_eq!(version.unwrap_err().to_string(), "fm-greeter 1.2.3\n");
    }
}
