//! `/api/profiles`: users as others see them.

pub mod show;
