use crate::{Error, Kind, Result, ResultExt, store::point, tls::TlsFailure, tls::TlsFiles};
use mongodb::{
    Client,
    error::{ErrorKind, RETRYABLE_WRITE_ERROR, WriteFailure},
    options::{Acknowledgment, ClientOptions, ReadConcern, Tls, WriteConcern},
};
use std::{future::IntoFuture, io, time::Duration};

/// A server that is unreachable is reported after this time.
const SERVER_TIMEOUT: Duration = Duration::from_secs(3);
/// A server that took a command and says nothing is given up after this time; the driver itself would wait for ever.
const STUCK: Duration = Duration::from_secs(15);

/// The code of MongoDB's errors when a role may not do it.
const UNAUTHORIZED: i32 = 13;

/// Durable by default: a step that was acknowledged, and one that was read, survives the loss of a primary.
pub(super) async fn client(url: &str, files: &TlsFiles) -> Result<Client> {
    let mut options = ClientOptions::parse(url).await.map_err(|e| wrong(url, e))?;
    options.server_selection_timeout.get_or_insert(SERVER_TIMEOUT);
    options.connect_timeout.get_or_insert(SERVER_TIMEOUT);
    options.app_name.get_or_insert_with(|| "fm-sdk".into());
    options.read_concern.get_or_insert_with(ReadConcern::majority);
    options.write_concern.get_or_insert_with(|| WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
    if let Some(Tls::Enabled(tls)) = &mut options.tls {
        files.client()?;
        tls.ca_file_path = tls.ca_file_path.take().or_else(|| files.authorities.clone());
        tls.cert_key_file_path = tls.cert_key_file_path.take().or_else(|| files.identity.clone());
    }
    Client::with_options(options).map_err(|e| wrong(url, e))
}

/// The connection string itself is left out: it may hold a password.
fn wrong(url: &str, e: mongodb::error::Error) -> Error {
    let scheme = url.split("://").next().filter(|s| s.starts_with("mongodb")).unwrap_or("?");
    Error::new(Kind::Internal, "store-url", format!("the {scheme}:// connection string cannot be used")).caused_by(e)
}

/// Gives one command to the server. A process may die before each.
pub(super) async fn command<T>(command: impl IntoFuture<Output = mongodb::error::Result<T>>) -> mongodb::error::Result<T> {
    point().await;
    let Ok(answer) = tokio::time::timeout(STUCK, command.into_future()).await else {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the server took the command and does not answer").into());
    };
    answer
}

/// What of a duplicate-key error (code 11000) names the index; other errors are `None`.
pub(super) fn duplicate(e: &mongodb::error::Error) -> Option<&str> {
    let message = match e.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(w)) if w.code == 11000 => &w.message,
        ErrorKind::Command(c) if c.code == 11000 => &c.message,
        _ => return None,
    };
    let index = message.split("index: ").nth(1).unwrap_or(message);
    Some(index.split_whitespace().next().unwrap_or(index))
}

/// Whether several were to be inserted, and those that were not are there already.
pub(super) fn is_all_duplicates(e: &mongodb::error::Error) -> bool {
    let ErrorKind::InsertMany(failed) = e.kind.as_ref() else { return false };
    let errors = failed.write_errors.as_deref().unwrap_or_default();
    failed.write_concern_error.is_none() && !errors.is_empty() && errors.iter().all(|e| e.code == 11000)
}

/// MongoDB's errors as ours.
pub(super) trait OrFault<T> {
    fn or_fault(self) -> Result<T>;
}
impl<T> OrFault<T> for mongodb::error::Result<T> {
    fn or_fault(self) -> Result<T> {
        let Err(e) = &self else { return self.internal() };
        let unreachable = matches!(
            e.kind.as_ref(),
            ErrorKind::ServerSelection { .. } | ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::DnsResolve { .. }
        );
        if let Some(failure) = TlsFailure::within(&e.to_string()) {
            return Err(Error::new(Kind::Unavailable, failure.code, format!("the store cannot be reached: {failure}")));
        }
        if matches!(e.kind.as_ref(), ErrorKind::Authentication { .. }) {
            return self.map_err(|e| Error::new(Kind::Unavailable, "store-login", "the store does not let us in").caused_by(e));
        }
        if matches!(e.kind.as_ref(), ErrorKind::Command(c) if c.code == UNAUTHORIZED) {
            return self.map_err(|e| Error::new(Kind::Internal, "store-refused", "the store does not let us do this").caused_by(e));
        }
        if unreachable || e.contains_label(RETRYABLE_WRITE_ERROR) { self.unavailable("the store") } else { self.internal() }
    }
}
