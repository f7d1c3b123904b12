//! Every way into the market, and every forgery at each: refused, for its own reason, and nothing changes. See README.md, "Forged
//! identities", for what a row is.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod broker;
mod calls;
mod carriers;
mod cars;
mod commands;
mod entry_point;
mod events;
mod forge;
mod gateway;
mod image;
mod letters;
mod message;
mod people;
mod profile;
mod stripped;
mod tokens;
mod tracker;
