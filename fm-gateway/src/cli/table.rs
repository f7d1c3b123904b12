//! `fm-gateway table ...`: looks after the routing table.

use super::author;
use crate::{
    NAME,
    admin::audit,
    application::registry,
    apply::{self, Applied},
    pipeline::{Catalogue, check, drivers},
    table::{self, Problems, Publication, Table},
    trial::{self, TrialRequest},
};
use bytes::Bytes;
use clap::{Args, Subcommand};
use fm_sdk::{Error, Kind, Result, ResultExt, config::Settings, registry::Expect, stop_signal};
use std::{
    fmt::Display,
    io::Read,
    net::IpAddr,
    path::{Path, PathBuf},
};

#[derive(Subcommand)]
pub(super) enum TableCommand {
    /// Prints the table in the registry; its revision goes to stderr
    Get,
    /// Checks a table and puts it into force on all nodes
    Put {
        /// A file with the table, or - for stdin
        file: PathBuf,
        /// Only if the table has this revision still
        #[arg(long)]
        revision: Option<i64>,
        /// Why, for the history
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Checks a table and changes nothing
    Check {
        /// A file with the table, or - for stdin
        file: PathBuf,
    },
    /// Shows which routes and fields of a table differ from the table in force
    Diff {
        /// A file with the new table, or - for stdin
        file: PathBuf,
        /// A file with the old table, instead of the one in force
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints a table of an OpenAPI document: a route for each path, with what its operations ask for; warnings go to stderr
    Import {
        /// The document, version 3, in JSON, or - for stdin
        #[arg(long, value_name = "FILE")]
        openapi: PathBuf,
        /// The service that its instances register as
        #[arg(long, value_name = "NAME")]
        service: String,
    },
    /// Brings the table in force to what files say, and publishes only if something differs
    Apply {
        /// A file with a table, or a folder whose *.json files make one together
        path: PathBuf,
        /// Goes on until SIGTERM: applies the files again when they, or the table in force, have changed
        #[arg(long)]
        watch: bool,
        /// Why, for the history
        #[arg(long, default_value = "applied from files")]
        comment: String,
    },
    /// Says which route takes a request, and why not the others
    Explain {
        #[command(flatten)]
        request: RequestArgs,
        /// A file with the table, or - for stdin; without it the table in the registry
        #[arg(long)]
        file: Option<PathBuf>,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Runs a table that need not be in force against a request, and shows what each step does; services are asked
    Test {
        #[command(flatten)]
        request: RequestArgs,
        /// A file with the request's body, or - for stdin
        #[arg(long, value_name = "FILE")]
        body: Option<PathBuf>,
        /// The client's address
        #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
        client: IpAddr,
        /// A file with the table, or - for stdin; without it the table in the registry
        #[arg(long)]
        file: Option<PathBuf>,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
}

/// A request that is described.
#[derive(Args)]
pub(super) struct RequestArgs {
    method: String,
    /// /path?query, or with http:// or https:// and a host
    url: String,
    /// A header of the request; may be repeated
    #[arg(long = "header", value_name = "NAME:VALUE")]
    headers: Vec<String>,
}

impl RequestArgs {
    fn parse(&self, body: Bytes) -> Result<TrialRequest> {
        TrialRequest::parse(&self.method, &self.url, &self.headers, body)
    }
}

pub(super) async fn run(command: TableCommand, settings: &Settings, plugins: &Catalogue) -> Result<()> {
    match command {
        TableCommand::Get => {
            let (table, revision) = in_force(settings).await?;
            eprintln!("revision {revision}");
            println!("{}", serde_json::to_string_pretty(&table).internal()?);
        }
        TableCommand::Check { file } => {
            let table = read(&file, plugins)?;
            println!("the table is good: {} routes", table.routes.len());
        }
        TableCommand::Put { file, revision, comment } => {
            let table = read(&file, plugins)?;
            let expect = revision.map_or(Expect::Any, Expect::Revision);
            let (registry, author) = (registry(settings)?, author("table put"));
            let event = audit::Event::of_command_line(&author, "table.publish", &comment);
            let also = audit::changes(&*registry, &event).await?;
            let revision = table::publish(&*registry, &table, expect, &Publication { author, comment }, also).await?;
            println!("revision {revision}");
        }
        TableCommand::Diff { file, from, json } => {
            let new = read(&file, plugins)?;
            print(&trial::diff(&chosen(from, settings, plugins).await?, &new), json)?;
        }
        TableCommand::Import { openapi, service } => {
            let malformed = |why: String| Error::new(Kind::Malformed, "openapi-invalid", format!("{}: {why}", openapi.display()));
            let document = serde_json::from_slice(&bytes_of(&openapi)?).map_err(|e| malformed(format!("not JSON: {e}")))?;
            let import = table::import::openapi(&document, &service).map_err(malformed)?;
            import.warnings.iter().for_each(|warning| eprintln!("{NAME}: {warning}"));
            check(&import.table, plugins).map_err(invalid)?;
            println!("{}", serde_json::to_string_pretty(&import.table).internal()?);
        }
        TableCommand::Apply { path, watch, comment } => {
            let (registry, by) = (registry(settings)?, Publication { author: author("table apply"), comment });
            if watch {
                let stop = async { drop(stop_signal().await) };
                apply::watch(
                    &path,
                    &*registry,
                    plugins,
                    &by,
                    |result| result.map_or_else(|e| eprintln!("{NAME}: {}", e.chain()), tell),
                    stop,
                )
                .await;
            } else {
                let loaded = apply::load(&path, plugins)?;
                tell(apply::apply(&*registry, &loaded.table, &by).await?);
            }
        }
        TableCommand::Explain { request, file, json } => {
            let request = request.parse(Bytes::new())?;
            let table = chosen(file, settings, plugins).await?;
            print(&trial::explain(&table, &request).map_err(invalid)?, json)?;
        }
        TableCommand::Test { request, body, client, file, json } => {
            let body = body.map(|file| bytes_of(&file)).transpose()?.unwrap_or_default();
            let request = TrialRequest { client, ..request.parse(body.into())? };
            let table = chosen(file, settings, plugins).await?;
            let drivers = drivers(registry(settings)?);
            print(&trial::run(&table, plugins, &drivers, &request).await.map_err(invalid)?, json)?;
        }
    }
    Ok(())
}

/// The table of a file, else the one in force.
async fn chosen(file: Option<PathBuf>, settings: &Settings, plugins: &Catalogue) -> Result<Table> {
    match file {
        Some(file) => read(&file, plugins),
        None => Ok(in_force(settings).await?.0),
    }
}

async fn in_force(settings: &Settings) -> Result<(Table, i64)> {
    let found = table::fetch(&*registry(settings)?).await?;
    found.ok_or_else(|| Error::new(Kind::NotFound, "table-missing", "the registry has no table"))
}

fn tell(applied: Applied) {
    match applied {
        Applied::Unchanged(revision) => println!("nothing differs from revision {revision}"),
        Applied::Published { revision, diff } => println!("{diff}revision {revision}"),
    }
}

fn print<T: Display + serde::Serialize>(value: &T, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(value).internal()?);
    } else {
        print!("{value}");
    }
    Ok(())
}

fn read(file: &Path, plugins: &Catalogue) -> Result<Table> {
    let text = text_of(file)?;
    let table: Table = serde_json::from_str(&text).map_err(|e| Error::new(Kind::Malformed, "table-unreadable", e.to_string()))?;
    check(&table, plugins).map_err(invalid)?;
    Ok(table)
}

fn invalid(problems: Problems) -> Error {
    Error::new(Kind::Invalid, "table-invalid", problems.to_string())
}

fn text_of(file: &Path) -> Result<String> {
    String::from_utf8(bytes_of(file)?).map_err(|e| Error::new(Kind::Malformed, "file", format!("{}: {e}", file.display())))
}

/// Reads a file, or stdin for `-`.
fn bytes_of(file: &Path) -> Result<Vec<u8>> {
    let cannot = |e: std::io::Error| Error::new(Kind::Malformed, "file", format!("{}: {e}", file.display()));
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(cannot)?;
        Ok(bytes)
    } else {
        std::fs::read(file).map_err(cannot)
    }
}
