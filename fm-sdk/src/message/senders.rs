use crate::{Error, Kind, Result};

/// Which services may send a message, as its declaration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senders {
    /// Every service of the market.
    Any,
    /// These services alone, each proven by its signature.
    Only(&'static [&'static str]),
}

impl Senders {
    /// Whether a service with this name may send the message.
    #[must_use]
    pub fn allow(&self, service: &str) -> bool {
        match self {
            Senders::Any => true,
            Senders::Only(names) => names.contains(&service),
        }
    }

    /// Checks the sender of a message that arrived, by the service that signed for it.
    pub(crate) fn check_received(&self, message: &str, signer: Option<&str>) -> Result<()> {
        match (self, signer) {
            (Senders::Any, _) => Ok(()),
            (_, Some(service)) if self.allow(service) => Ok(()),
            (_, Some(service)) => Err(undeclared(message, service, Kind::Forbidden)),
            (_, None) => {
                let why = format!("{message} is for declared senders only, and no service has signed this one");
                Err(Error::new(Kind::Forbidden, UNDECLARED, why).permanent())
            }
        }
    }

    /// Checks a message that `service` is about to send: every receiver with the same declaration would refuse it.
    pub(crate) fn check_sent(&self, message: &str, service: &str) -> Result<()> {
        if self.allow(service) { Ok(()) } else { Err(undeclared(message, service, Kind::Internal)) }
    }

    /// Whether all names have the form of a service's name; checked at compile time.
    #[doc(hidden)]
    #[must_use]
    pub const fn are_names(&self) -> bool {
        let Senders::Only(names) = self else { return true };
        let mut i = 0;
        while i < names.len() {
            if !is_service(names[i]) {
                return false;
            }
            i += 1;
        }
        !names.is_empty()
    }
}

/// The code of a message whose sender is not declared.
const UNDECLARED: &str = "sender-undeclared";

fn undeclared(message: &str, service: &str, kind: Kind) -> Error {
    Error::new(kind, UNDECLARED, format!("{service} is not a declared sender of {message}")).permanent()
}

const fn is_service(name: &str) -> bool {
    let b = name.as_bytes();
    let mut i = 0;
    while i < b.len() {
        if !(b[i].is_ascii_lowercase() || b[i].is_ascii_digit() || b[i] == b'-') {
            return false;
        }
        i += 1;
    }
    i > 0
}

#[cfg(test)]
mod tests {
    use super::Senders;

    #[test]
    fn sender_names_have_the_form_of_service_names() {
        assert!(Senders::Any.are_names() && Senders::Only(&["fm-cars", "shop2"]).are_names());
        for bad in [&[][..], &[""], &["fm-cars", "Fm-Cars"], &["fm cars"], &["*"]] {
            assert!(!Senders::Only(bad).are_names(), "{bad:?}");
        }
    }

    #[test]
    fn a_service_may_send_only_what_names_it() {
        assert!(Senders::Any.check_sent("car.listed", "fm-x").is_ok());
        assert!(Senders::Only(&["fm-cars", "fm-x"]).check_sent("car.listed", "fm-x").is_ok());
        let refused = Senders::Only(&["fm-cars"]).check_sent("car.listed", "fm-x").unwrap_err();
        assert_eq!((refused.code(), refused.is_permanent()), ("sender-undeclared", true));
    }
}
