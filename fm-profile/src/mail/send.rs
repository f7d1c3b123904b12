use super::{
    MailToken, Purpose,
    contents::{self, Links},
    mailer::Letter,
};
use crate::{
    Profile, User,
    inbox::{Conversation, Directory},
    messages::{CarNow, Mail, SendMail, ShowCar},
    searches::{Alert, AlertMail},
};
use fm_sdk::{Cx, Doc, Handled, HandlerOptions, Kind, Result};
use std::time::Duration;

/// Mails that an instance hands over at the same time.
const AT_ONCE: u16 = 4;

/// How often and how long a mail is tried: for some four days, as mail servers do (RFC 5321, section 4.5.4.1).
pub fn options() -> HandlerOptions {
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    HandlerOptions::new().concurrency(AT_ONCE).timeout(2 * minute).attempts(100).backoff([
        second,
        10 * second,
        minute,
        10 * minute,
        10 * minute,
        10 * minute,
        60 * minute,
    ])
}

/// Writes a mail and hands it over. Once it is handed over the command is done and not handled again; a process that dies in between hands
/// it over again with the same `Message-ID`.
pub async fn send_mail(m: SendMail, cx: Cx<Profile>) -> Handled {
    let id = cx.new_id();
    if let Some(letter) = write(&m.mail, &cx).await? {
        match cx.state.mail.hand_over(letter, &id).await {
            // Nobody reads mail there, and trying again does not change it.
            Err(e) if e.kind() == Kind::Invalid => log::warn!("mail: {id} refused permanently, giving up: {}", e.chain()),
            sent => sent?,
        }
    }
    match &m.mail {
        Mail::Alerts { user } => AlertMail::done(&cx, user).await,
        _ => Ok(()),
    }
}

/// Writes a mail, if it is still wanted.
async fn write(mail: &Mail, cx: &Cx<Profile>) -> Result<Option<Letter>> {
    let links = Links(&cx.state.mail.public_url);
    match mail {
        Mail::PasswordReset { address, language } => {
            let Some(user) = crate::user::of_address(cx, address).await? else { return Ok(None) };
            let token = MailToken::issue(cx, &user, Purpose::PasswordReset, cx.state.now_ms()).await?;
            let (subject, text) = contents::password_reset(language.unwrap_or(user.mail.language), &user, &links.new_password(&token));
            Ok(Some(Letter { to: user.email.clone(), subject, text, unsubscribe: None }))
        }
        Mail::EmailConfirmation { user } => {
            let Some(user) = living(cx, user).await?.filter(|u| !u.email_confirmed) else { return Ok(None) };
            let token = MailToken::issue(cx, &user, Purpose::EmailConfirmation, cx.state.now_ms()).await?;
            let (subject, text) = contents::email_confirmation(user.mail.language, &user, &links.confirm(&token));
            Ok(Some(Letter { to: user.email.clone(), subject, text, unsubscribe: None }))
        }
        Mail::NewMessage { user, conversation } => {
            let Some(user) = living(cx, user).await?.filter(|u| u.wants_mail_of_messages()) else { return Ok(None) };
            let Some(conversation) = cx.doc::<Conversation>(conversation).get().await? else { return Ok(None) };
            // Whoever has read it in the meantime knows.
            let unread = conversation.side_of(&user.id).filter(|side| conversation.unread(*side) > 0);
            let Some(side) = unread else { return Ok(None) };
            let with = Directory::load(cx, [conversation.other(side)]).await?.get(conversation.other(side));
            let link = links.conversation(&conversation.id);
            let off = MailToken::issue(cx, &user, Purpose::StopMessages, cx.state.now_ms()).await?;
            let (subject, text) =
                contents::new_message(user.mail.language, &user, &with.name, &conversation.car_title, &link, &links.unsubscribe(&off));
            Ok(Some(Letter { to: user.email.clone(), subject, text, unsubscribe: Some(links.one_click(&off)) }))
        }
        Mail::Alerts { user } => {
            let Some(user) = living(cx, user).await?.filter(|u| u.wants_mail_of_alerts()) else { return Ok(None) };
            let Some(mail) = cx.doc::<AlertMail>(&user.id).get().await? else { return Ok(None) };
            let mut alerts = cx.docs::<Alert>().filter(Alert::id.one_of(&mail.alerts) & Alert::seen.eq(false)).list().await?;
            if alerts.is_empty() {
                return Ok(None);
            }
            alerts.sort_by_key(|a| std::cmp::Reverse(a.at));
            let off = MailToken::issue(cx, &user, Purpose::StopAlerts, cx.state.now_ms()).await?;
            let (subject, text) = contents::alerts(user.mail.language, &user, &alerts, &links, &links.unsubscribe(&off));
            Ok(Some(Letter { to: user.email.clone(), subject, text, unsubscribe: Some(links.one_click(&off)) }))
        }
        Mail::AdExpires { user, car, expires } => {
            let Some(user) = living(cx, user).await?.filter(|u| u.email_confirmed) else { return Ok(None) };
            // It may be sold or renewed since.
            let Some(car) = car_now(cx, car).await?.filter(|car| car.expires.as_ref() == Some(expires)) else { return Ok(None) };
            let (subject, text) = contents::ad_expires(user.mail.language, &user, &car, expires, &links.renew(&car.id));
            Ok(Some(Letter { to: user.email.clone(), subject, text, unsubscribe: None }))
        }
    }
}

async fn car_now(cx: &Cx<Profile>, id: &str) -> Result<Option<CarNow>> {
    match cx.call(ShowCar { car: id.into() }).await {
        Err(e) if e.kind() == Kind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

async fn living(cx: &Cx<Profile>, id: &str) -> Result<Option<Doc<User>>> {
    Ok(cx.doc::<User>(id).get().await?.filter(|u| !u.is_gone()))
}
