//! Pipelines: what is done with the requests of a route. Plugins are made of a trait that anybody can implement in a crate of their own.
//!
//! ```text
//! request head -> guard -> router -> step 1 -> step 2 -> .. -> step n answers
//!                                                                  |
//! client <- log <- body <- response of step 1 <- step 2 <- .. <----+
//! ```

mod answer;
mod catalogue;
mod check;
mod compile;
mod delivery;
mod drivers;
mod exchange;
mod plugin;
mod predicate;
mod rule;
mod run;
pub mod schema;
pub mod spans;
mod text;
pub mod trace;
mod transform;

pub use {
    answer::{Answer, Body},
    catalogue::Catalogue,
    check::{check, drivers},
    compile::{Compiled, CompiledRoute, CompiledStep, Unregistered, compile, variables},
    delivery::{Delivery, Outcome},
    drivers::{Driver, DriverStatus, Drivers, Tools},
    exchange::{Client, Exchange, Upstream, Worker},
    plugin::{Decision, Flow, Phases, Plugin, Step, StepInstances},
    rule::rule,
    run::{run, run_again},
    text::{Text, expand_env},
    transform::{BodyTransform, Transformed},
};
