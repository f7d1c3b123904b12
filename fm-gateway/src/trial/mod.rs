//! What a table does with requests, found out before it is in force or without sending anything: which route takes a request and why not the
//! others. Used by the command line and by whatever serves operators; the data path knows nothing of it.

mod diff;
mod dry_run;
mod explain;
#[cfg(test)]
mod properties;
mod request;
mod run;

pub use {
    diff::{FieldChange, RouteDiff, TableDiff, diff},
    dry_run::{Difference, DryRun, Match, dry_run},
    explain::{Considered, Explanation, Reason, Taken, explain},
    request::TrialRequest,
    run::{AnswerHead, TrialReport, run},
};
