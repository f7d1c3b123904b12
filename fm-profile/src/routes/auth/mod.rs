//! `/api/auth`: signing up, in and out.

pub mod email_confirmation;
pub mod password_reset;
pub mod refresh;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
mod tokens;
pub mod unsubscribe;

pub use tokens::Tokens;
