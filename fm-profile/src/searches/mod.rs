//! Saved searches, and the alerts that they give. A car is matched by percolation: each search lies under the one term that narrows it down
//! most, and a car asks only for the searches under its own terms.

mod alert;
mod centre;
mod filters;
mod mails;
mod percolate;
mod saved;

pub use alert::{ALERTS_KEPT, Alert, AlertKind};
pub use centre::Centre;
pub use filters::Filters;
pub use mails::{ALERT_MAILS_KEPT, AlertMail, mail_alerts};
pub use percolate::{listed, make, price_fell};
pub use saved::{MAX_SEARCHES, SavedSearch};
