use crate::{
    Cars,
    car::{Car, or_unknown},
    messages::MayEdit,
};
use fm_sdk::{Cx, Reply};

/// Says whether the caller may change a car: `true`, or why not. Asked before pictures are taken in.
pub async fn may_edit(m: MayEdit, cx: Cx<Cars>) -> Reply<bool> {
    let who = super::editor(&cx)?;
    cx.doc::<Car>(&m.car).need().await.map_err(or_unknown)?.owned_by(who.sub())?;
    Ok(true)
}
