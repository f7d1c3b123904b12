//! `fm-gateway secret ...`: hashes for the settings of plugins. Nothing is kept.

use crate::credentials::{Cost, Passwords};
use clap::Subcommand;
use fm_sdk::{Error, Result, ResultExt};
use rand::Rng;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What keys start with, so that scanners of repositories find leaked ones.
const MARK: &str = "fmk_";

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// Makes an API key of 256 random bits and prints it, this once, and its SHA-256 for the plugin api-key on the second line
    Key,
    /// Reads a password, a line of the standard input, and prints its argon2id hash for the plugin basic-auth
    Password,
}

pub(super) async fn run(command: SecretCommand) -> Result<()> {
    match command {
        SecretCommand::Key => {
            let key = format!("{MARK}{}", hex(&rand::rng().random::<[u8; 32]>()));
            println!("{key}\n{}", hex(&Sha256::digest(&key)));
        }
        SecretCommand::Password => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).internal()?;
            let password = line.trim_end_matches(['\r', '\n']);
            if password.is_empty() {
                return Err(Error::field("password", "is empty"));
            }
            println!("{}", Passwords::new(Cost::default()).hash(password).await?);
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
