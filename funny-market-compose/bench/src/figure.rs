//! One measured thing.

use serde::Serialize;

/// A line of the table.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// The part of `scripts/bench` that measured it.
    pub part: &'static str,
    /// What was measured.
    pub what: String,
    /// The value, as people read it, with its unit.
    pub value: String,
    /// What was aimed at; empty if nothing was.
    pub goal: String,
    /// Whether the goal is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<bool>,
}

impl Figure {
    /// A figure without a goal.
    pub fn new(part: &'static str, what: impl Into<String>, value: impl Into<String>) -> Self {
        Figure { part, what: what.into(), value: value.into(), goal: String::new(), reached: None }
    }
    /// Says what was aimed at, and whether it is reached.
    #[must_use]
    pub fn goal(mut self, goal: impl Into<String>, reached: bool) -> Self {
        (self.goal, self.reached) = (goal.into(), Some(reached));
        self
    }
    /// Prints it: for machines on stdout, for people on stderr.
    pub fn print(&self) {
        let conclusion = match self.reached {
            Some(true) => format!("  (goal {}: reached)", self.goal),
            Some(false) => format!("  (goal {}: MISSED)", self.goal),
            None => String::new(),
        };
        eprintln!("    {}: {}{conclusion}", self.what, self.value);
        println!("{}", serde_json::json!(self));
    }
}

/// Milliseconds with as many digits as mean something.
pub fn ms(micros: f64) -> String {
    let ms = micros / 1000.0;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}
