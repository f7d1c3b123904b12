//! Measures the market: its bus, its search, its gateway. `scripts/bench` of the checkout calls it and makes a table of what it prints.
//!
//! Progress goes to stderr; stdout has one JSON object per figure ([`figure::Figure`]).

pub mod bus;
pub mod figure;
pub mod gateway;
pub mod import;
pub mod large;
pub mod load;
pub mod machine;
pub mod process;
pub mod rounds;
pub mod search;
pub mod search_peers;
pub mod uploads;

use clap::Subcommand;

/// What went wrong, for people.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;
/// What can go wrong.
pub type Result<T> = std::result::Result<T, Fault>;

/// What to measure.
#[derive(Subcommand)]
pub enum Command {
    /// Calls and confirmed publishes of the SDK against bare amiquip loops, on a private RabbitMQ
    Bus(bus::Bus),
    /// The import of a file of ads into a running market
    Import(import::Import),
    /// Search and facets of a running market
    Search(search::Search),
    /// One fm-cars over a million cars
    Large(large::Large),
    /// The read model of fm-cars beside Tantivy and SQLite, over the same cars
    SearchPeers(search_peers::SearchPeers),
    /// Uploads of pictures to a running market
    Uploads(uploads::Uploads),
    /// What a request costs in the gateway, in nginx and in HAProxy
    Gateway(gateway::Contest),
    /// Prints the machine and the versions of what is compared
    Machine,
}

impl Command {
    /// Measures, and prints figures.
    ///
    /// # Errors
    /// Something is not installed, does not start or does not answer.
    pub fn run(self) -> Result<()> {
        match self {
            Command::Bus(bus) => bus.run(),
            Command::Import(import) => import.run(),
            Command::Search(search) => search.run(),
            Command::Large(large) => large.run(),
            Command::SearchPeers(peers) => peers.run(),
            Command::Uploads(uploads) => uploads.run(),
            Command::Gateway(contest) => contest.run(),
            Command::Machine => {
                println!("{}", machine::describe());
                Ok(())
            }
        }
    }
}
