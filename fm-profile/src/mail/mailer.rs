//! The port: mails go to an SMTP server or, in development, into a folder.

use fm_sdk::{Error, Kind, Result, config::masked_url};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

/// How long a mail server may take for one command.
const SERVER_TIMEOUT: Duration = Duration::from_secs(20);
/// Answers of a mail server that say nothing of the mail but that the operator's access is wrong (RFC 4954, section 6).
const ACCESS_REFUSED: [&str; 4] = ["530", "534", "535", "538"];

/// Where mails go.
#[derive(Clone)]
pub enum Transport {
    /// A mail server takes them.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Each becomes a file `MESSAGE-ID.eml` in this folder.
    Folder(PathBuf),
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transport::Smtp(_) => f.write_str("smtp"),
            Transport::Folder(folder) => write!(f, "folder:{}", folder.display()),
        }
    }
}

impl FromStr for Transport {
    type Err = Error;
    /// Reads `smtp://[USER:PASSWORD@]HOST[:PORT][?tls=required]`, `smtps://...` or `folder:PATH`.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = |why: String| Error::new(Kind::Invalid, "setting", format!("FM_MAIL {why}"));
        if let Some(folder) = text.strip_prefix("folder:").filter(|path| !path.is_empty()) {
            return Ok(Transport::Folder(folder.into()));
        }
        if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
            return Err(invalid("must be smtp://..., smtps://... or folder:PATH".into()));
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(text);
        let builder = builder.map_err(|e| invalid(format!("is no address of a mail server: {}: {e}", masked_url(text))))?;
        Ok(Transport::Smtp(builder.timeout(Some(SERVER_TIMEOUT)).build()))
    }
}

/// How mails leave, and what stands in all of them.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub transport: Transport,
    /// Who writes.
    pub from: Mailbox,
    /// Where links lead: the market's own URL, without a slash at its end.
    pub public_url: String,
}

/// A mail that is written.
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// Where the reader gets no more of such mails (RFC 8058).
    pub unsubscribe: Option<String>,
}

impl MailSettings {
    /// Hands a mail over. `id` is the same for each attempt with the same mail, so that a mail server or reader can tell a repetition.
    ///
    /// # Errors
    /// `Unavailable`, code `mail-not-sent`: try again. `Invalid`, code `mail-refused`: its recipient is refused for good.
    pub async fn hand_over(&self, letter: Letter, id: &str) -> Result<()> {
        let message = self.message(letter, id)?;
        match &self.transport {
            Transport::Smtp(server) => server.send(message).await.map(drop).map_err(of_server),
            Transport::Folder(folder) => {
                into_folder(folder, id, &message.formatted()).await.map_err(|e| not_sent(format!("{}: {e}", folder.display())))
            }
        }
    }

    fn message(&self, letter: Letter, id: &str) -> Result<Message> {
        let invalid = |e: &dyn fmt::Display| Error::new(Kind::Invalid, "mail-refused", format!("mail cannot be written: {e}"));
        let to: Mailbox = letter.to.parse().map_err(|e| invalid(&e))?;
        let domain = self.from.email.domain();
        let mut message =
            Message::builder().from(self.from.clone()).to(to).subject(letter.subject).message_id(Some(format!("<{id}@{domain}>")));
        // Nobody's holiday is to answer (RFC 3834, section 5).
        message = message.raw_header(header("Auto-Submitted", "auto-generated".into()));
        if let Some(url) = letter.unsubscribe {
            message = message.raw_header(header("List-Unsubscribe", format!("<{url}>")));
            message = message.raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
        }
        message.singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(letter.text)).map_err(|e| invalid(&e))
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn of_server(e: lettre::transport::smtp::Error) -> Error {
    let code = e.status().map(|code| code.to_string());
    match code {
        // Its text names the recipient, who has no place in a log.
        Some(code) if e.is_permanent() && !ACCESS_REFUSED.contains(&code.as_str()) => {
            Error::new(Kind::Invalid, "mail-refused", format!("the mail server refuses the mail: {code}"))
        }
        Some(code) => not_sent(format!("the mail server answers {code}")),
        None => not_sent(format!("mail server unreachable: {e}")),
    }
}

fn not_sent(why: String) -> Error {
    Error::new(Kind::Unavailable, "mail-not-sent", why)
}

/// Writes a file in one step; a repetition writes it again.
async fn into_folder(folder: &std::path::Path, id: &str, mail: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let (part, whole) = (folder.join(format!(".{id}.part")), folder.join(format!("{id}.eml")));
    tokio::fs::write(&part, mail).await?;
    tokio::fs::rename(&part, &whole).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_servers_and_folders_are_read_and_others_refused() {
        for good in
            ["smtp://127.0.0.1:2525", "smtps://ann:secret@mail.example.com", "smtp://mail.example.com?tls=required", "folder:/tmp/mails"]
        {
            assert!(good.parse::<Transport>().is_ok(), "{good}");
        }
        for bad in ["", "folder:", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://mail.example.com?tls=perhaps"] {
            assert_eq!(bad.parse::<Transport>().unwrap_err().code(), "setting", "{bad}");
        }
        let e = "smtp://ann:secret@mail.example.com?tls=perhaps".parse::<Transport>().unwrap_err();
        assert!(!e.to_string().contains("secret"), "{e}");
    }
}
