use rustls::{CertificateError, InvalidMessage};
use std::{error::Error, fmt, io};

/// Why a TLS handshake failed. Printed as a sentence and its stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFailure {
    pub(crate) code: &'static str,
    why: String,
}

impl TlsFailure {
    /// Finds the failed handshake among the causes of an error, if there is one.
    pub(crate) fn among(error: &(dyn Error + 'static)) -> Option<TlsFailure> {
        let mut next = Some(error);
        while let Some(e) = next {
            if let Some(tls) = e.downcast_ref::<rustls::Error>() {
                return Some(TlsFailure::of(tls));
            }
            if let Some(found) = e.downcast_ref::<TlsFailure>() {
                return Some(found.clone());
            }
            // The source of an `io::Error` is the source of what it wraps, not what it wraps.
            let wrapped = e.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if let Some(found) = wrapped.and_then(|inner| TlsFailure::among(inner)) {
                return Some(found);
            }
            next = e.source();
        }
        None
    }

    /// Finds it in the text of an error whose source is lost: MongoDB's driver keeps no more of it, nor does HTTP/2 once it is under way.
    #[cfg(any(feature = "etcd", feature = "mongodb"))]
    pub(crate) fn within(text: &str) -> Option<TlsFailure> {
        let failures: [(&str, rustls::Error); 6] = [
            ("certificate expired", CertificateError::Expired.into()),
            ("certificate not valid yet", CertificateError::NotValidYet.into()),
            ("certificate not valid for name", CertificateError::NotValidForName.into()),
            ("invalid peer certificate: UnknownIssuer", CertificateError::UnknownIssuer.into()),
            ("invalid peer certificate: BadSignature", CertificateError::BadSignature.into()),
            ("received corrupt message of type InvalidContentType", InvalidMessage::InvalidContentType.into()),
        ];
        let found = failures.iter().find(|(words, _)| text.contains(words)).map(|(_, error)| TlsFailure::of(error));
        let alert = || Some(text.split_once("received fatal alert: ")?.1.split(|c: char| !c.is_alphanumeric()).next()?.to_owned());
        found.or_else(|| alert().map(|alert| TlsFailure::refused(&alert)))
    }

    /// The server has ended the handshake without an alert.
    pub(crate) fn hung_up() -> TlsFailure {
        TlsFailure { code: "tls-none", why: "the server does not speak TLS, or has ended the handshake without a reason".into() }
    }

    fn refused(alert: &str) -> TlsFailure {
        TlsFailure { code: "tls-refused", why: format!("the server refused this client's certificate or the handshake ({alert})") }
    }

    fn of(error: &rustls::Error) -> TlsFailure {
        use CertificateError as Bad;
        let (code, why) = match error {
            rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
                ("tls-expired", "the server's certificate has expired".into())
            }
            rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
                ("tls-not-yet-valid", "the server's certificate is not valid yet".into())
            }
            rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
                ("tls-name", "the server's certificate is for another name".into())
            }
            rustls::Error::InvalidCertificate(Bad::UnknownIssuer | Bad::BadSignature) => {
                ("tls-untrusted", "the server's certificate is not signed by a trusted authority".into())
            }
            rustls::Error::InvalidCertificate(other) => ("tls-certificate", format!("the server's certificate is refused: {other}")),
            rustls::Error::AlertReceived(alert) => return TlsFailure::refused(&format!("{alert:?}")),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => return TlsFailure::hung_up(),
            other => ("tls-failed", other.to_string()),
        };
        TlsFailure { code, why }
    }
}

impl Error for TlsFailure {}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.why, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_handshake_is_found_within_the_errors_that_wrap_it() {
        let tls = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        assert_eq!(TlsFailure::among(&wrapped).unwrap().code, "tls-expired");
        assert_eq!(TlsFailure::among(&io::Error::other("reset")), None);
    }

    #[cfg(feature = "mongodb")]
    #[test]
    fn a_failed_handshake_is_found_in_the_text_of_an_error() {
        for error in [
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer),
            rustls::Error::InvalidCertificate(CertificateError::BadSignature),
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType),
            rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired),
        ] {
            let text = format!("Topology: {{ Error: {error}, labels: {{}} }}");
            assert_eq!(TlsFailure::within(&text), Some(TlsFailure::of(&error)), "{text}");
        }
        assert_eq!(TlsFailure::within("connection reset by peer"), None);
    }
}
