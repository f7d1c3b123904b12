use crate::{
    Profile,
    messages::{CarExpiring, Mail, SendMail},
};
use fm_sdk::{Cx, Handled};

/// An ad is about to expire: its seller is written to.
pub async fn ad_expires(m: CarExpiring, cx: Cx<Profile>) -> Handled {
    let Some(expires) = m.car.expires else { return Ok(()) };
    cx.send(SendMail { mail: Mail::AdExpires { user: m.car.owner, car: m.car.id, expires } })
}
