//! Mails about alerts: those of a minute go into one mail.

use super::Alert;
use crate::{
    Profile, User,
    messages::{Mail, SendMail},
};
use fm_sdk::{Cx, Handled, Kind, Result, Work};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// A mail that was given up after all attempts makes room for the next one.
pub const ALERT_MAILS_KEPT: Duration = Duration::from_secs(6 * 24 * 3600);

/// A mail about alerts that is on its way to a user: one at a time. What it lists is fixed, so that each attempt lists the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertMail {
    /// The user.
    pub id: String,
    pub alerts: Vec<String>,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}
fm_sdk::document!(AlertMail = "alert_mails" { at: i64 [index] });

impl AlertMail {
    /// The mail is handed over, or not wanted any more.
    pub async fn done(cx: &Cx<Profile>, user: &str) -> Handled {
        let Some(mail) = cx.doc::<AlertMail>(user).get().await? else { return Ok(()) };
        mark(cx, &mail.alerts).await?;
        cx.doc::<AlertMail>(user).remove(|_, _| Ok(())).await.map(drop)
    }
}

/// Gathers alerts into mails, for who wants them.
pub async fn mail_alerts(profile: Arc<Profile>, work: Work) -> Result<()> {
    let mut waiting = BTreeMap::<String, Vec<String>>::new();
    let alerts = work.docs::<Alert>().filter(Alert::mailed.eq(false));
    alerts.for_each(|alert| waiting.entry(alert.user.clone()).or_default().push(alert.id.clone())).await?;
    for (user, alerts) in waiting {
        if !work.doc::<User>(&user).get().await?.is_some_and(|u| u.wants_mail_of_alerts()) {
            mark(&work, &alerts).await?;
            continue;
        }
        let mail = AlertMail { id: user, alerts, at: profile.now_ms() };
        match work.insert(mail, |mail, out| out.send(SendMail { mail: Mail::Alerts { user: mail.id.clone() } })).await {
            // One is on its way; these come with the next.
            Err(e) if e.kind() != Kind::Conflict => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

async fn mark(work: &Work, alerts: &[String]) -> Result<()> {
    for id in alerts {
        let alert = work.doc::<Alert>(id);
        let marked = alert.change(|alert, _| {
            alert.mailed = true;
            Ok(())
        });
        match marked.await {
            Err(e) if e.kind() != Kind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}
