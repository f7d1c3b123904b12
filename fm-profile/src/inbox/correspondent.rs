use crate::User;
use fm_sdk::{Result, Work};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// With whom somebody speaks. Never their email address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Correspondent {
    /// Empty if the account is deleted.
    pub user_id: String,
    /// Empty if the account is deleted.
    pub name: String,
    /// The account is deleted: nobody reads an answer.
    pub deleted: bool,
}

/// The people of some conversations.
pub struct Directory(HashMap<String, Correspondent>);

impl Directory {
    pub async fn load(work: &Work, ids: impl IntoIterator<Item = &str>) -> Result<Self> {
        let ids: BTreeSet<&str> = ids.into_iter().collect();
        let users = if ids.is_empty() { Vec::new() } else { work.docs::<User>().filter(User::id.one_of(ids)).list().await? };
        let known = users.iter().filter(|u| !u.is_gone()).map(|u| {
            let name = u.profile.name.clone().unwrap_or_else(|| u.username.clone());
            (u.id.clone(), Correspondent { user_id: u.id.clone(), name, deleted: false })
        });
        Ok(Directory(known.collect()))
    }
    pub fn get(&self, id: &str) -> Correspondent {
        self.0.get(id).cloned().unwrap_or_else(|| Correspondent { deleted: true, ..Correspondent::default() })
    }
}
