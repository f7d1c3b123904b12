//! Passwords, of operators and of those whom the plugin `basic-auth` lets in: how they are hashed and verified, and how guessing is slowed down.

mod password;
mod throttle;

pub use {
    password::{Cost, Passwords, check_password, is_password_hash, one_time_password},
    throttle::Throttle,
};
