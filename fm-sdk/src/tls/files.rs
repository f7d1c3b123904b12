use std::path::PathBuf;

/// The files that TLS needs. They are read when a connection is configured; without any, Mozilla's authorities are trusted and no
/// certificate is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates (PEM) of the only authorities to trust.
    pub authorities: Option<PathBuf>,
    /// This client's certificate with its chain, and its private key, in one PEM file.
    pub identity: Option<PathBuf>,
}
