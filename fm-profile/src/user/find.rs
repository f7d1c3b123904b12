use super::{User, document::key};
use fm_sdk::{Doc, Error, FieldError, Identity, Kind, Out, Result, Work};

/// Finds the account of a name or an address.
pub async fn of_login(work: &Work, login: &str) -> Result<Option<Doc<User>>> {
    let key = key(login);
    let filter = if key.contains('@') { User::email_key.eq(&key) } else { User::username_key.eq(&key) };
    Ok(work.docs::<User>().filter(filter).limit(1).list().await?.pop())
}

/// Finds the account of an address, not of a name.
pub async fn of_address(work: &Work, address: &str) -> Result<Option<Doc<User>>> {
    Ok(work.docs::<User>().filter(User::email_key.eq(key(address))).limit(1).list().await?.pop())
}

/// Reads the caller's own account.
///
/// # Errors
/// `Unauthenticated`, code `token-revoked`, if the token is not good any more or the account is gone.
pub async fn own(work: &Work, who: &Identity) -> Result<Doc<User>> {
    let user = work.doc::<User>(who.sub()).get().await?.ok_or_else(revoked)?;
    user.accepts(who)?;
    Ok(user)
}

/// Changes the caller's own account.
///
/// # Errors
/// Those of [`own`]; whatever `f` gives.
pub async fn change_own(work: &Work, who: &Identity, f: impl Fn(&mut User, &mut Out) -> Result<()>) -> Result<Doc<User>> {
    let changed = work
        .doc::<User>(who.sub())
        .change(|user, out| {
            user.accepts(who)?;
            f(user, out)
        })
        .await;
    changed.map_err(|e| if e.kind() == Kind::NotFound { revoked() } else { named_fields(e) })
}

/// The token is not good any more.
pub fn revoked() -> Error {
    Error::new(Kind::Unauthenticated, "token-revoked", "the access token is refused: it was revoked")
}

/// Names the fields as clients do: what is unique is a key made of them.
pub fn named_fields(e: Error) -> Error {
    if e.code() != "taken" {
        return e;
    }
    let client = |f: &FieldError| f.field.trim_end_matches("_key").to_string();
    taken(&e.fields().iter().map(client).collect::<Vec<_>>())
}

fn taken(fields: &[String]) -> Error {
    let errors = fields.iter().map(|field| FieldError { field: field.clone(), message: "is taken".into() }).collect();
    Error::new(Kind::Conflict, "taken", format!("{} is taken", fields.join(" and "))).with_fields(errors)
}

impl User {
    /// Refuses a name or an address that somebody else has, both at once; two who want the same at the same time find out when they write.
    ///
    /// # Errors
    /// `Conflict`, code `taken`.
    pub async fn check_free(work: &Work, username: Option<&str>, email: Option<&str>, own: Option<&str>) -> Result<()> {
        let mut fields = Vec::new();
        for (field, filter) in
            [("username", username.map(|u| User::username_key.eq(key(u)))), ("email", email.map(|e| User::email_key.eq(key(e))))]
        {
            let Some(filter) = filter else { continue };
            let found = work.docs::<User>().filter(filter).limit(1).list().await?;
            if found.iter().any(|u| Some(u.id.as_str()) != own) {
                fields.push(field.to_string());
            }
        }
        if fields.is_empty() { Ok(()) } else { Err(taken(&fields)) }
    }
}
