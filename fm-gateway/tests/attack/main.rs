//! Attacks as tables: one row, one attack, with the section or CVE it comes from. How many requests reach the upstream is always asserted.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod names;
#[cfg(test)]
mod proxy_protocol;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rows;
#[cfg(test)]
#[path = "../api/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the tests of the API")]
mod support;
#[cfg(test)]
mod websocket;
