//! What becomes of each message.

mod attach_images;
mod delete_all;
mod find_place;
mod images_attached;
mod import_part;
mod may_edit;
mod order_images;
mod orphans;
pub mod refresh;
mod remove_image;
mod show_car;

pub use attach_images::attach_images;
pub use delete_all::{all_deleted, delete_all};
pub use find_place::find_place;
pub use images_attached::images_attached;
pub use import_part::import_part;
pub use may_edit::may_edit;
pub use order_images::order_images;
pub use orphans::{drafted_by_whom, listed_by_whom};
pub use remove_image::remove_image;
pub use show_car::{car_text, show_car};

use crate::{
    Cars,
    car::{Car, or_unknown},
    messages::CarImages,
};
use fm_sdk::{Cx, Doc, Identity, Out, Result};

/// Who asks for a change of pictures: a user who may change cars, with a token of their own or through fm-image, which takes pictures in.
fn editor(cx: &Cx<Cars>) -> Result<&Identity> {
    let who = cx.identity()?;
    if who.act().is_some() {
        who.acted_by("fm-image")?;
    }
    who.require("cars:write")
}

/// Changes the pictures of a car of the caller.
async fn change_pictures(cx: &Cx<Cars>, id: &str, change: impl Fn(&mut Car) -> Result<bool>) -> Result<CarImages> {
    let who = editor(cx)?;
    let now = cx.state.clock.now_ms();
    let car = cx.doc::<Car>(id);
    let changed = car.change(|car, out: &mut Out| {
        car.owned_by(who.sub())?;
        if !change(car)? {
            return Ok(());
        }
        car.updated = now;
        crate::announce::pictured(car, out)
    });
    let car = changed.await.map_err(or_unknown)?;
    cx.state.refresh(&car);
    Ok(pictures(&car))
}

fn pictures(car: &Doc<Car>) -> CarImages {
    CarImages { owner: car.owner.clone(), version: car.version(), images: car.images.clone() }
}
