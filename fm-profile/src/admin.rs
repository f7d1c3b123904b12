//! The first administrator.

use crate::{FirstAdmin, Profile, Secret, User, user};
use fm_sdk::{Kind, Result, Work};

/// Makes an administrator if the market has none. Of several instances that start at once, one makes it.
pub async fn make_first(profile: &Profile, work: &Work, admin: &FirstAdmin) -> Result<()> {
    profile.passwords.warm_up().await?;
    if any(work, None).await? {
        return Ok(());
    }
    let password = admin.password.clone().unwrap_or_else(random);
    let hash = profile.passwords.hash(password.clone()).await?;
    let id = work.new_id();
    for username in ["admin".into(), format!("admin-{}", &id[24..])] {
        let user = User::new(&id, &username, &admin.email, hash.clone(), &["admin"], profile.clock.now_rfc3339());
        match work.insert(user, |_, _| Ok(())).await {
            Ok(_) if admin.password.is_none() => {
                (admin.announce)(&admin.email, password.expose());
                return Ok(());
            }
            Ok(_) => return Ok(()),
            Err(e) if e.kind() == Kind::Conflict => {
                if user::of_login(work, &admin.email).await?.is_some() {
                    if !any(work, None).await? {
                        log::error!("admin: no administrator made, {} is the address of an account without the role admin", admin.email);
                    }
                    return Ok(());
                }
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Whether somebody, but for this one, is an administrator.
pub async fn any(work: &Work, but: Option<&str>) -> Result<bool> {
    let admins = work.docs::<User>().filter(User::roles.contains("admin")).limit(2).list().await?;
    Ok(admins.iter().any(|u| Some(u.id.as_str()) != but))
}

/// 120 random bits, in letters and digits that are told apart easily.
fn random() -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 24] = rand::random();
    Secret::new(bytes.map(|b| char::from(LETTERS[usize::from(b) % LETTERS.len()])).iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn random_passwords_pass_the_rules_and_differ() {
        let (a, b) = (super::random(), super::random());
        assert_ne!(a, b);
        assert_eq!(crate::user::check_password(&a, &[]), Ok(()));
    }
}
