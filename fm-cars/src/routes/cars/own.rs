use super::view::answer;
use crate::{
    Cars,
    car::{Car, or_unknown},
};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Out, Result, Work};

/// Changes a car of the caller's own, and answers with it.
pub(super) async fn change_own(
    work: &Work,
    who: &Identity,
    state: &Cars,
    id: &str,
    change: impl Fn(&mut Car, &mut Out) -> Result<()>,
) -> Result<HttpResponse> {
    who.require("cars:write")?;
    let car = work.doc::<Car>(id);
    let changed = car.change(|car, out: &mut Out| {
        car.owned_by(who.sub())?;
        change(car, out)
    });
    let car = changed.await.map_err(or_unknown)?;
    state.refresh(&car);
    Ok(answer(HttpResponse::Ok(), &car))
}
