//! A user: account, sessions, profile, and what is left of them when they have gone. One document, so that each change is one step.

mod deletion;
mod device;
mod document;
mod email;
mod find;
mod hours;
mod password;
mod profile;
mod refresh_token;
mod session;
mod username;
mod view;

pub use deletion::{Deletion, TOMBSTONES_KEPT};
pub use device::{DeviceToken, KnownDevice};
pub use document::{User, key};
pub use email::check_email;
pub use find::{change_own, named_fields, of_address, of_login, own, revoked};
pub use hours::OpeningHours;
pub use password::{MAX_PASSWORD, check_password};
pub use profile::{PersonalData, is_phone};
pub use refresh_token::{RefreshToken, Salt};
pub use session::{Refreshed, Session};
pub use username::check_username;
pub use view::{Account, PublicProfile};
