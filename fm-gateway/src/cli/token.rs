//! `fm-gateway token ...`: tokens for programs, by whoever reaches the registry.

use super::author;
use crate::{
    admin::{
        audit::Event,
        sessions::tokens::{self, MAX_DAYS, NewToken},
        users::Role,
    },
    application::registry,
};
use clap::Subcommand;
use fm_sdk::{
    Result,
    config::Settings,
    time::{now_ms, rfc3339},
};
use serde_json::Value;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Creates a token for the Admin API and prints it, this once; id, role and end go to stderr
    Create {
        /// What it is for
        name: String,
        #[arg(long, default_value = "viewer", value_parser = role)]
        role: Role,
        /// How long it is valid
        #[arg(long, default_value_t = MAX_DAYS)]
        days: i64,
    },
}

fn role(name: &str) -> std::result::Result<Role, String> {
    Role::parse(name).ok_or_else(|| "viewer, editor or admin".into())
}

pub(super) async fn run(command: TokenCommand, settings: &Settings) -> Result<()> {
    let TokenCommand::Create { name, role, days } = command;
    let by = author("token create");
    let event = |action: &str, id: &str, after: Value| Event { target: id.into(), after, ..Event::of_command_line(&by, action, "") };
    let (token, text) = tokens::create(&*registry(settings)?, &NewToken { name: &name, role, days }, &by, now_ms(), event).await?;
    eprintln!("token {} of the role {}, valid until {}", token.id, token.role.name(), rfc3339(token.expires));
    println!("{text}");
    Ok(())
}
