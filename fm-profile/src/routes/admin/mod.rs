//! `/api/admin`: for who has the scope `users:admin`.

pub mod reports;
pub mod roles;
pub mod users;

const SCOPE: &str = "users:admin";
