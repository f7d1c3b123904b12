//! `<service> call ..`: one call over the bus, from the command line.

use super::cli_client::{self, Signer};
use crate::{
    Envelope, Error, Kind, MessageKind, Result, ResultExt,
    config::{Settings, parse_duration},
};
use clap::Args;
use serde_json::Value;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Ask {
    /// Whom, and what: `fm-cars/images-of`
    #[arg(value_name = "SERVICE/VERB")]
    at: String,
    /// The call's fields, as JSON
    #[arg(default_value = "{}")]
    body: String,
    /// How long to wait for the reply (500ms, 1s, 2m)
    #[arg(long, default_value = "5s", value_name = "TIME", value_parser = parse_duration)]
    within: Duration,
}

impl Ask {
    /// Calls in the name of the service and prints the reply.
    pub async fn run(self, service: &str, settings: &Settings) -> Result<()> {
        let body: Value = serde_json::from_str(&self.body)
            .map_err(|e| Error::new(Kind::Malformed, "body", format!("the call's fields are no JSON: {e}")))?;
        let mut message = Envelope::new(MessageKind::Call, &self.at, &body, service)?;
        let bus = cli_client::bus(settings).await?;
        let signer = Signer::new(service, settings).await?;
        signer.delegate.seal(&mut message, None)?;
        let reply = bus.request(message, self.within).await;
        bus.close().await;
        let reply: Value = serde_json::from_str(&reply?).internal()?;
        println!("{}", serde_json::to_string_pretty(&reply).internal()?);
        Ok(())
    }
}
