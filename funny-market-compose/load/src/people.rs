//! The accounts of those who come.

use crate::{Action, Who, plan, record::Record};
use market::{Answer, Caller, Request, Result, sign_in_request, sign_up_request};
use serde_json::json;
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// All accounts of the load begin so: whoever removes them removes all that the load has left.
const PREFIX: &str = "load-";

fn everybody() -> impl Iterator<Item = Who> {
    (0..plan::BUYERS).map(Who::Buyer).chain((0..plan::SELLERS).map(Who::Seller))
}

fn name(who: Who) -> String {
    match who {
        Who::Buyer(number) => format!("{PREFIX}buyer-{number}"),
        Who::Seller(number) => format!("{PREFIX}seller-{number}"),
    }
}

/// Everybody's access token, once they have signed in.
pub struct People {
    gateway: Caller,
    password: String,
    buyers: Vec<Mutex<Option<String>>>,
    sellers: Vec<Mutex<Option<String>>>,
}

impl People {
    pub fn new(gateway: Caller, password: String) -> Self {
        let nobody = |count| (0..count).map(|_| Mutex::default()).collect();
        Self { gateway, password, buyers: nobody(plan::BUYERS), sellers: nobody(plan::SELLERS) }
    }

    fn slot(&self, who: Who) -> &Mutex<Option<String>> {
        match who {
            Who::Buyer(number) => &self.buyers[number % plan::BUYERS],
            Who::Seller(number) => &self.sellers[number % plan::SELLERS],
        }
    }

    /// Sends a request in somebody's name. Who has no valid token signs in, who has no account signs up. `None` when that fails.
    pub fn call(&self, who: Who, request: &Request, record: &Record) -> Option<market::Result<Answer>> {
        let token = self.token(who, None, record)?;
        let answer = self.gateway.call(&request.clone().bearing(&token));
        if !answer.as_ref().is_ok_and(|answer| answer.status == 401) {
            return Some(answer.map_err(Into::into));
        }
        let token = self.token(who, Some(&token), record)?;
        Some(self.gateway.call(&request.clone().bearing(&token)).map_err(Into::into))
    }

    /// Their token: the one that there is, unless it was refused.
    fn token(&self, who: Who, refused: Option<&str>, record: &Record) -> Option<String> {
        let mut token = self.slot(who).lock().unwrap_or_else(PoisonError::into_inner);
        if token.is_none() || token.as_deref() == refused {
            *token = self.sign_in(who, record);
        }
        token.clone()
    }

    fn sign_in(&self, who: Who, record: &Record) -> Option<String> {
        let (name, began) = (name(who), Instant::now());
        let answer = match self.gateway.call(&sign_up_request(&name, &self.password)) {
            Ok(answer) if answer.status == 409 => self.gateway.call(&sign_in_request(&name, &self.password)),
            answer => answer,
        };
        let answer = answer.map_err(Into::into);
        let token = answer.as_ref().ok().filter(|answer| matches!(answer.status, 200 | 201)).map(|answer| answer.field("access_token"));
        match &token {
            Some(_) => record.done(Action::SignIn, began),
            None => record.failed(Action::SignIn, &answer),
        }
        token
    }
}

/// Deletes the accounts of the load, and with them their cars, pictures, favourites, searches and enquiries. Returns how many there were.
///
/// # Errors
/// The market does not answer, or the password is not the one that they were made with.
pub fn clean(gateway: &Caller, password: &str) -> Result<usize> {
    let mut deleted = 0;
    for who in everybody() {
        let Some(person) = known(gateway, &name(who), password)? else { continue };
        let request = Request::new("DELETE", "/api/me").json(&json!({ "password": password })).bearing(&person);
        gateway.call(&request)?.require(202)?;
        deleted += 1;
    }
    Ok(deleted)
}

/// The token of an account, if there is such an account.
fn known(gateway: &Caller, name: &str, password: &str) -> Result<Option<String>> {
    let answer = gateway.call(&sign_in_request(name, password))?;
    if answer.status == 401 {
        return Ok(None);
    }
    Ok(Some(answer.require(200)?.field("access_token")))
}
