use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Which role can do what. Scopes are derived from it at sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles {
    roles: BTreeMap<String, BTreeSet<String>>,
}

impl Default for Roles {
    /// `user`, `dealer` and `admin` of Funny Market.
    fn default() -> Self {
        const USER: [&str; 3] = ["cars:read", "cars:write", "profile:write"];
        Roles::none()
            .with("user", &USER)
            .with("dealer", &[&USER[..], &["cars:import"]].concat())
            .with("admin", &[&USER[..], &["cars:import", "users:admin"]].concat())
    }
}

impl Roles {
    /// Starts without any role.
    pub fn none() -> Self {
        Roles { roles: BTreeMap::new() }
    }
    /// Says what a role can do, in place of what it could before.
    #[must_use]
    pub fn with(mut self, role: &str, can: &[&str]) -> Self {
        self.roles.insert(role.into(), can.iter().map(|&p| p.into()).collect());
        self
    }
    /// Whether there is such a role.
    pub fn knows(&self, role: &str) -> bool {
        self.roles.contains_key(role)
    }
    /// Whether the role can do this; an unknown role can do nothing.
    pub fn can(&self, role: &str, permission: &str) -> bool {
        self.roles.get(role).is_some_and(|can| can.contains(permission))
    }
    /// The names of all roles.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }
    /// What somebody with these roles can do, sorted, each once.
    pub fn scopes<R: AsRef<str>>(&self, roles: &[R]) -> Vec<String> {
        let all: BTreeSet<&String> = roles.iter().filter_map(|r| self.roles.get(r.as_ref())).flatten().collect();
        all.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Roles;

    #[test]
    fn roles_add_up_and_unknown_ones_give_nothing() {
        let roles = Roles::default();
        assert_eq!(roles.scopes(&["user"]), ["cars:read", "cars:write", "profile:write"]);
        assert_eq!(roles.scopes(&["dealer", "user", "ghost"]), ["cars:import", "cars:read", "cars:write", "profile:write"]);
        assert!(roles.scopes(&["admin"]).contains(&"users:admin".to_string()));
        assert!(roles.scopes::<&str>(&[]).is_empty() && roles.scopes(&["Admin"]).is_empty());
    }

    #[test]
    fn only_admins_administer_users() {
        let roles = Roles::default();
        assert_eq!(roles.names().filter(|r| roles.can(r, "users:admin")).collect::<Vec<_>>(), ["admin"]);
    }

    #[test]
    fn a_table_of_roles_is_read_from_json() {
        let roles: Roles = serde_json::from_str(r#"{"clerk": ["cars:read"]}"#).unwrap();
        assert!(roles.can("clerk", "cars:read") && !roles.knows("user"));
    }
}
