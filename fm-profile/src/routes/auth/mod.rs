//! `/api/auth`: signing up, in and out.

pub mod refresh;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
mod tokens;

pub use tokens::Tokens;
