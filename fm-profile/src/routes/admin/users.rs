use crate::{
    User,
    routes::private,
    user::{Account, of_login, own},
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Page, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which users are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// The one with this name or address.
    login: Option<String>,
    /// Those who have this role.
    role: Option<String>,
    /// 1 is the first.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// 1 to 100, default 20.
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
}

/// A page of users, in order of their names.
#[derive(Serialize, ToSchema)]
pub struct Accounts {
    items: Vec<Account>,
    total: u64,
    page: u32,
    per_page: u32,
}

/// Lists users.
#[utoipa::path(get, path = "/api/admin/users", tag = "admin", operation_id = "list_users", params(Wanted), security(("bearer" = [])), responses(
    (status = 200, body = Accounts), (status = 400, description = "unknown parameter, or out of its limits"), (status = 403, description = "scope-missing: needs users:admin")))]
pub async fn list(who: Identity, work: Work, Query(m): Query<Wanted>) -> Result<HttpResponse> {
    who.require(super::SCOPE)?;
    own(&work, &who).await?;
    let page = Page::new(m.page, m.per_page)?;
    let has = |user: &User| m.role.as_ref().is_none_or(|role| user.roles.contains(role));
    let (items, total) = if let Some(login) = &m.login {
        let found = of_login(&work, login).await?.filter(|u| has(u));
        let total = found.iter().len() as u64;
        (found.filter(|_| page.page == 1).iter().map(|u| Account::from(&**u)).collect(), total)
    } else {
        let there = || match &m.role {
            Some(role) => work.docs::<User>().filter(User::username_key.exists(true) & User::roles.contains(role)),
            None => work.docs::<User>().filter(User::username_key.exists(true)),
        };
        let users = there().sort(User::username_key, false).skip(page.skip()).limit(page.limit()).list().await?;
        (users.iter().map(|u| Account::from(&**u)).collect(), there().count().await?)
    };
    Ok(private(HttpResponse::Ok(), &Accounts { items, total, page: page.page, per_page: page.per_page }))
}
