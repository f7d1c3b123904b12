use crate::{
    Profile,
    messages::{CarExpiring, Mail, SendMail},
    searches::{self, Alert},
    user::User,
};
use fm_sdk::{Cx, Handled};

/// An ad is about to expire: its seller is told on the site, and written to.
pub async fn ad_expires(m: CarExpiring, cx: Cx<Profile>) -> Handled {
    let Some(expires) = m.car.expires.clone() else { return Ok(()) };
    // The ads of a deleted account are about to go, and nothing of it is to stay.
    if cx.doc::<User>(&m.car.owner).get().await?.is_none_or(|user| user.is_gone()) {
        return Ok(());
    }
    searches::make(&cx, Alert::expiring(&m.car, &expires, cx.sent_at_ms())).await?;
    cx.send(SendMail { mail: Mail::AdExpires { user: m.car.owner, car: m.car.id, expires } })
}
