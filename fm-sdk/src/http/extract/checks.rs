//! Collects everything that is wrong with a request, so that the client hears of it at once.

use crate::{Error, FieldError, Kind, Result};

/// Checks values against their limits.
///
/// ```
/// # use fm_sdk::http::Checks;
/// let price = 0;
/// let refused = Checks::new().field("price", (1..=10_000_000).contains(&price), "must be 1..10,000,000").finish();
/// assert_eq!(refused.unwrap_err().code(), "invalid");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "call `finish`"]
pub struct Checks {
    wrong: Vec<FieldError>,
    query: bool,
}

impl Checks {
    /// Starts with nothing wrong. What is, becomes 422 `invalid`.
    pub fn new() -> Self {
        Checks::default()
    }
    /// The same for values of the query, which are refused with 400 `invalid`.
    pub fn of_query() -> Self {
        Checks { query: true, ..Checks::default() }
    }
    /// Notes the message for the field unless `fits`.
    pub fn field(mut self, field: impl Into<String>, fits: bool, message: impl Into<String>) -> Self {
        if !fits {
            self.wrong.push(FieldError { field: field.into(), message: message.into() });
        }
        self
    }
    /// The same for a field that may be left out.
    pub fn optional<T>(
        self,
        field: impl Into<String>,
        value: Option<&T>,
        fits: impl FnOnce(&T) -> bool,
        message: impl Into<String>,
    ) -> Self {
        self.field(field, value.is_none_or(fits), message)
    }
    /// Notes the error of a value that parses itself.
    pub fn parsed<T, E: std::fmt::Display>(&mut self, field: impl Into<String>, parsed: std::result::Result<T, E>) -> Option<T> {
        parsed.map_err(|e| self.wrong.push(FieldError { field: field.into(), message: e.to_string() })).ok()
    }
    /// Gives the outcome.
    ///
    /// # Errors
    /// Code `invalid` with all that is wrong.
    pub fn finish(self) -> Result<()> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        let invalid = Error::invalid(self.wrong);
        if !self.query {
            return Err(invalid);
        }
        Err(Error::new(Kind::Malformed, "invalid", invalid.message()).with_fields(invalid.fields().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_reported_at_once() {
        let mut checks = Checks::new().field("a", false, "must be so").field("b", true, "must be so");
        assert_eq!(checks.parsed("c", "x".parse::<u8>()), None);
        assert_eq!(checks.parsed("d", "7".parse::<u8>()), Some(7));
        let error = checks.optional("e", None::<&u8>, |_| false, "no").optional("f", Some(&1), |f| *f > 1, "no").finish().unwrap_err();
        assert_eq!(error.fields().iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["a", "c", "f"]);
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(Checks::new().finish().is_ok());
    }

    #[test]
    fn values_of_the_query_are_refused_with_400() {
        let error = Checks::of_query().field("page", false, "must be at least 1").finish().unwrap_err();
        assert_eq!((error.kind(), error.code(), error.fields().len()), (Kind::Malformed, "invalid", 1));
    }
}
