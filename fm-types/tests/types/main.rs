//! The types are those of the published schemas, and read what services send.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that is set up wrongly must stop")]

mod forms;
mod generator;
mod messages;
mod published;
mod sample;
