//! Who may sign in, and as what.

mod first;

pub use crate::credentials::{Cost, Passwords, check_password, one_time_password};
pub use first::{create_first, remove_file};

use super::document::{self, Document};
use crate::admin::audit::Event;
use fm_sdk::{Error, Kind, Result, registry::Registry};
use serde::{Deserialize, Serialize};

/// All users are one value, so that "at least one administrator" holds also when two of them change each other at once.
const KEY: &str = "/fm/gateway/admin/users";
const MAX_USERS: usize = 200;

/// What somebody may do. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look at everything but users, tokens, audit log and backups.
    Viewer,
    /// Change, publish and restore the table.
    Editor,
    /// Everything.
    Admin,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Editor, Role::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
        }
    }

    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A user as kept in the registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub role: Role,
    #[serde(default = "yes")]
    pub active: bool,
    /// PHC string.
    pub hash: String,
    /// The password was made by somebody else: only a new one can be set with it.
    #[serde(default)]
    pub must_change: bool,
    /// Sessions of another generation are not valid any more; random, so that a user created anew has another one.
    pub generation: String,
    /// RFC 3339.
    pub created: String,
}

/// What of a user may be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    pub name: String,
    pub role: Role,
    pub active: bool,
    pub must_change: bool,
    pub created: String,
}

impl User {
    pub fn profile(&self) -> Profile {
        let User { name, role, active, must_change, created, .. } = self.clone();
        Profile { name, role, active, must_change, created }
    }

    /// Takes another password; all sessions end.
    pub fn set_password(&mut self, hash: String, must_change: bool) {
        (self.hash, self.must_change) = (hash, must_change);
        self.end_sessions();
    }

    pub fn end_sessions(&mut self) {
        self.generation = format!("{:016x}", rand::random::<u64>());
    }
}

/// The document of all users.
#[derive(Default, Serialize, Deserialize)]
pub struct Users {
    users: Vec<User>,
}

impl Users {
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    pub fn find(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// Gives a user to change.
    ///
    /// # Errors
    /// `NotFound`, code `user-unknown`.
    pub fn get_mut(&mut self, name: &str) -> Result<&mut User> {
        self.users.iter_mut().find(|user| user.name == name).ok_or_else(|| Error::not_found("user-unknown"))
    }

    /// Adds a user.
    ///
    /// # Errors
    /// `Invalid` if the name is none; `Conflict` if it is taken or there are too many users.
    pub fn add(&mut self, user: User) -> Result<()> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'@');
        if user.name.is_empty() || user.name.len() > 64 || !user.name.bytes().all(plain) {
            return Err(Error::field("name", "must have 1 to 64 lower-case letters, digits, - _ . and @"));
        }
        if self.find(&user.name).is_some() {
            return Err(Error::new(Kind::Conflict, "user-exists", "there is a user of this name"));
        }
        if self.users.len() >= MAX_USERS {
            return Err(Error::new(Kind::Conflict, "too-many-users", format!("there are {MAX_USERS} users already")));
        }
        self.users.push(user);
        Ok(())
    }

    /// Removes a user.
    ///
    /// # Errors
    /// `NotFound`, code `user-unknown`.
    pub fn remove(&mut self, name: &str) -> Result<User> {
        let at = self.users.iter().position(|user| user.name == name).ok_or_else(|| Error::not_found("user-unknown"))?;
        Ok(self.users.remove(at))
    }

    /// Refuses a change after which nobody could manage users.
    ///
    /// # Errors
    /// `Conflict`, code `last-admin`.
    pub fn check_admin_left(&self) -> Result<()> {
        if self.users.iter().any(|user| user.active && user.role == Role::Admin) {
            Ok(())
        } else {
            Err(Error::new(Kind::Conflict, "last-admin", "at least one active administrator must be left"))
        }
    }
}

/// Reads all users.
///
/// # Errors
/// `Unavailable` if the registry is unreachable.
pub async fn load(registry: &dyn Registry) -> Result<Document<Users>> {
    Document::load(registry, KEY).await
}

/// Changes users and records it.
///
/// # Errors
/// Those of the change and of the registry.
pub async fn edit<R>(registry: &dyn Registry, change: impl FnMut(&mut Users) -> Result<(R, Event)>) -> Result<R> {
    document::edit(registry, KEY, change).await
}

/// Gives a user a one-time password; all sessions of the user end.
///
/// # Errors
/// `NotFound`, code `user-unknown`; those of the registry.
pub async fn reset_password(registry: &dyn Registry, passwords: &Passwords, name: &str, event: Event) -> Result<String> {
    let password = one_time_password();
    let hash = passwords.hash(&password).await?;
    let event = Event { action: "user.reset-password".into(), target: name.into(), ..event };
    edit(registry, |users| {
        users.get_mut(name)?.set_password(hash.clone(), true);
        Ok(((), event.clone()))
    })
    .await?;
    Ok(password)
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, role: Role) -> User {
        let (name, hash, generation, created) = (name.to_owned(), String::new(), String::new(), String::new());
        User { name, role, active: true, hash, must_change: false, generation, created }
    }

    #[test]
    fn user_names_are_plain_and_unique() {
        let mut users = Users::default();
        users.add(user("ann", Role::Viewer)).unwrap();
        assert_eq!(users.add(user("ann", Role::Admin)).unwrap_err().code(), "user-exists");
        for name in ["", "Ann", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert_eq!(users.add(user(name, Role::Viewer)).unwrap_err().kind(), Kind::Invalid, "{name}");
        }
    }

    #[test]
    fn the_last_active_administrator_stays() {
        let mut users = Users::default();
        users.add(user("ann", Role::Admin)).unwrap();
        users.add(user("bob", Role::Editor)).unwrap();
        users.check_admin_left().unwrap();
        users.get_mut("ann").unwrap().active = false;
        assert_eq!(users.check_admin_left().unwrap_err().code(), "last-admin");
        users.remove("ann").unwrap();
        assert_eq!(users.check_admin_left().unwrap_err().code(), "last-admin");
    }
}
