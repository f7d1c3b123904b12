//! One instance takes each event and brings the car's track up to date.

use crate::{
    Track, Tracker,
    messages::{CarChanged, CarListed, CarPriceChanged, CarRemoved, CarSold},
};
use fm_sdk::{Cx, Handled, Kind, Result};

pub async fn listed(m: CarListed, cx: Cx<Tracker>) -> Handled {
    let at = fm_sdk::time::rfc3339(cx.sent_at_ms());
    change(&cx, &m.car.id, |track, version| {
        track.update(&m.car, version);
        track.note_price(at.clone(), m.car.price);
    })
    .await
}

pub async fn changed(m: CarChanged, cx: Cx<Tracker>) -> Handled {
    change(&cx, &m.car.id, |track, version| track.update(&m.car, version)).await
}

pub async fn price_changed(m: CarPriceChanged, cx: Cx<Tracker>) -> Handled {
    let at = fm_sdk::time::rfc3339(cx.sent_at_ms());
    change(&cx, &m.car.id, |track, version| {
        track.update(&m.car, version);
        track.note_price(at.clone(), m.car.price);
    })
    .await
}

pub async fn sold(m: CarSold, cx: Cx<Tracker>) -> Handled {
    change(&cx, &m.car.id, |track, version| track.update(&m.car, version)).await
}

pub async fn removed(m: CarRemoved, cx: Cx<Tracker>) -> Handled {
    let now = cx.sent_at_ms();
    change(&cx, &m.id, |track, version| track.remove(version, now)).await
}

/// Events may come in any order, so any of them may be the first that is heard of a car.
async fn change(cx: &Cx<Tracker>, id: &str, f: impl Fn(&mut Track, i64)) -> Result<()> {
    let version = cx.subject_version().unwrap_or_else(|| cx.sent_at_ms());
    if cx.doc::<Track>(id).get().await?.is_none() {
        let mut track = Track::unknown(id);
        f(&mut track, version);
        return match cx.insert(track, |_, _| Ok(())).await {
            // Another event of this car was faster; this one comes again and changes the track.
            Err(e) if e.kind() == Kind::Conflict => {
                Err(fm_sdk::Error::new(Kind::Unavailable, "track-made", "made by another event just now"))
            }
            made => made.map(drop),
        };
    }
    cx.doc::<Track>(id)
        .change(|track, _| {
            f(track, version);
            Ok(())
        })
        .await
        .map(drop)
}
