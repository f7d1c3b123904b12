use crate::{Cost, FirstAdmin, Limit, Limits, MailSettings, Secret, Setup, Transport, user};
use fm_sdk::{
    Clock, Error, Kind, Result,
    config::Settings,
    identity::{Keys, Purpose},
};
use lettre::message::Mailbox;
use std::sync::Arc;

/// Settings of fm-profile beside the market's.
#[derive(clap::Args, Clone)]
#[command(next_help_heading = "fm-profile")]
pub struct Own {
    /// The first administrator's address; used when the market has no administrator
    #[arg(long, env = "FM_ADMIN_EMAIL", default_value = "admin@funny-market.example", value_name = "EMAIL")]
    admin_email: String,

    /// The first administrator's password; without one a random one is made and printed once
    #[arg(long, env = "FM_ADMIN_PASSWORD", hide_env_values = true, value_name = "PASSWORD", value_parser = secret)]
    admin_password: Option<Secret>,

    /// How many passwords are hashed at once; each needs a core for a while and 19 MiB
    #[arg(long, env = "FM_HASHES_AT_ONCE", default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    hashes_at_once: u16,

    /// Accounts that one network (an IPv4 address, an IPv6 /64) may make per minute
    #[arg(long, env = "FM_SIGN_UPS_PER_MINUTE", default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    sign_ups_per_minute: u32,

    /// Wrong passwords that one network (an IPv4 address, an IPv6 /64) may try per minute, whatever the account
    #[arg(long, env = "FM_FAILURES_PER_MINUTE", default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    failures_per_minute: u32,

    /// Where mails go: smtp://[USER:PASSWORD@]HOST[:PORT][?tls=required], smtps://..., or folder:PATH, each a file there [default: the folder mails of FM_DATA]
    #[arg(long, env = "FM_MAIL", value_name = "URL", hide_env_values = true, value_parser = secret)]
    mail: Option<Secret>,

    /// The sender of mails
    #[arg(long, env = "FM_MAIL_FROM", default_value = "Funny Market <no-reply@funny-market.example>", value_name = "MAILBOX")]
    mail_from: Mailbox,

    /// The market's own URL, to which links in mails lead
    #[arg(long, env = "FM_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    public_url: String,
}

fn secret(text: &str) -> std::result::Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl Own {
    /// Opens the keys and puts everything together.
    ///
    /// # Errors
    /// If the folder of keys cannot be used, or the administrator's address or password breaks the rules for accounts.
    pub fn setup(self, settings: &Settings) -> Result<Setup> {
        let wrong = |variable: &str, why: &str| Error::new(Kind::Invalid, "setting", format!("{variable} {why}"));
        user::check_email(&self.admin_email).map_err(|why| wrong("FM_ADMIN_EMAIL", why))?;
        if let Some(password) = &self.admin_password {
            user::check_password(password, &[&self.admin_email]).map_err(|why| wrong("FM_ADMIN_PASSWORD", why))?;
        }
        let keys = Keys::open(&settings.data_folder("fm-profile").join("access"), Purpose::Access)?;
        let transport = match self.mail {
            Some(url) => url.expose().parse()?,
            None => Transport::Folder(settings.data_folder("fm-profile").join("mails")),
        };
        if let Transport::Folder(folder) = &transport {
            log::warn!("mail: no mail server is set, mails are files in {}", folder.display());
        }
        Ok(Setup {
            keys: Arc::new(keys),
            token_policy: settings.token_policy(),
            clock: Clock::system(),
            cost: Cost::default(),
            at_once: self.hashes_at_once.into(),
            limits: Limits {
                failures_of_network: Limit::per_minute(self.failures_per_minute),
                sign_ups_of_network: Limit::per_minute(self.sign_ups_per_minute),
                ..Limits::default()
            },
            mail: MailSettings { transport, from: self.mail_from, public_url: self.public_url.trim_end_matches('/').into() },
            admin: FirstAdmin {
                email: self.admin_email,
                password: self.admin_password,
                announce: Arc::new(|email, password| println!("The first administrator is {email}, password {password} (shown this once)")),
            },
        })
    }
}
