//! What is wrong with a table.

use serde::Serialize;
use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `routes[cars].plugins[1].settings.service`; empty for the table as a whole.
    pub at: String,
    /// Stable and lower-case: `route-clash`, `plugin-unknown`.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// All that is wrong. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl Problem {
    pub fn new(at: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Problem { at: at.into(), code, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "table" } else { &self.at };
        write!(f, "{at}: {} [{}]", self.message, self.code)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}
