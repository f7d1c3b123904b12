//! The first user: `admin`, with a one-time password.

use super::{Passwords, Role, User, one_time_password};
use crate::admin::audit::{self, Event};
use fm_sdk::{Error, Kind, Result, registry::Registry, time};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

const RETRY_DELAY: Duration = Duration::from_secs(2);
/// Where the one-time password lies, in the data folder, until it is changed.
pub const FILE: &str = "admin-password";

/// Creates the user `admin` if there is no user at all; of several nodes that start at once, one does. The password is logged once and lies
/// in the data folder, readable for its owner only, until it is changed. Waits for a registry that is unreachable.
pub async fn create_first(registry: &dyn Registry, passwords: &Passwords, data: &Path) {
    loop {
        match attempt(registry, passwords, data).await {
            Ok(()) => return,
            Err(e) if e.kind() == Kind::Stale => return,
            Err(e) if e.kind() == Kind::Unavailable => log::debug!("admin: users cannot be read, trying again: {}", e.chain()),
            Err(e) => log::warn!("admin: the first user could not be created, trying again: {}", e.chain()),
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

async fn attempt(registry: &dyn Registry, passwords: &Passwords, data: &Path) -> Result<()> {
    let mut users = super::load(registry).await?;
    if users.revision() != 0 {
        return Ok(());
    }
    let password = one_time_password();
    let now = time::rfc3339(time::now_ms());
    let mut user = User {
        name: "admin".into(),
        role: Role::Admin,
        active: true,
        hash: String::new(),
        must_change: true,
        generation: String::new(),
        created: now,
    };
    user.set_password(passwords.hash(&password).await?, true);
    users.value.add(user)?;
    // The file first: a gateway that dies in between leaves a password that nobody needs, not a user whom nobody knows. Nodes of one machine may
    // share the folder, so it gets its name only when the user is created.
    let unnamed = data.join(format!("{FILE}.{:08x}", rand::random::<u32>()));
    let failed = |e: std::io::Error| Error::new(Kind::Internal, "internal", format!("{}: {e}", unnamed.display()));
    write_file(&unnamed, &password).map_err(failed)?;
    let event = Event { target: "admin".into(), ..Event::of_command_line(crate::NAME, "user.create", "the first user") };
    if let Err(e) = audit::commit(registry, &event, vec![users.change()?]).await {
        remove(&unnamed);
        return Err(e);
    }
    log::warn!("admin: first start, sign in to the dashboard as admin with the one-time password {password}");
    fs::rename(&unnamed, data.join(FILE)).map_err(failed)
}

fn write_file(path: &Path, password: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{password}")
}

/// Removes the file of the one-time password, when it is of no use any more.
pub fn remove_file(data: &Path) {
    remove(&data.join(FILE));
}

fn remove(path: &Path) {
    if let Err(e) = fs::remove_file(path)
        && e.kind() != std::io::ErrorKind::NotFound
    {
        log::warn!("admin: {} could not be removed: {e}", path.display());
    }
}
