use crate::{
    Cars,
    messages::{FindPlace, FoundPlace},
    places,
};
use fm_sdk::{Cx, Error, Reply};

/// Says where a postal code or a town is.
pub async fn find_place(m: FindPlace, _: Cx<Cars>) -> Reply<FoundPlace> {
    let place = places::find(&m.text).ok_or_else(|| Error::not_found("place-unknown"))?;
    Ok(FoundPlace { postal_code: place.postal_code.into(), town: place.town.into(), lat: place.lat, lon: place.lon })
}
