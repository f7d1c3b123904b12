//! fm-web before a gateway of a test.

mod account;
#[cfg(test)]
mod browser;
mod car;
mod errors;
mod headers;
mod home;
#[cfg(test)]
mod market;
mod mine;
mod results;
