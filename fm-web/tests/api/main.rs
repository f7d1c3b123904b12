//! fm-web before a gateway of a test.

mod car;
mod errors;
mod headers;
mod home;
#[cfg(test)]
mod market;
mod results;
