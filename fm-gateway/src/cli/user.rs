//! `fm-gateway user ...`: the way into the dashboard for whoever reaches the registry.

use super::author;
use crate::{
    admin::{
        audit::Event,
        users::{self, Cost, Passwords},
    },
    application::registry,
};
use clap::Subcommand;
use fm_sdk::{Result, config::Settings};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Lists the users of the dashboard, with role and state
    List,
    /// Gives a user a one-time password, and prints it; all sessions of the user end
    ResetPassword { name: String },
}

pub(super) async fn run(command: UserCommand, settings: &Settings) -> Result<()> {
    let registry = registry(settings)?;
    match command {
        UserCommand::List => {
            for user in users::load(&*registry).await?.value.iter() {
                println!("{}\t{}\t{}", user.name, user.role.name(), if user.active { "active" } else { "inactive" });
            }
        }
        UserCommand::ResetPassword { name } => {
            let event = Event::of_command_line(&author("user reset-password"), "user.reset-password", "");
            let password = users::reset_password(&*registry, &Passwords::new(Cost::default()), &name, event).await?;
            println!("{password}");
        }
    }
    Ok(())
}
