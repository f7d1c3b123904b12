use super::{Alert, AlertKind, Filters, SavedSearch, filters::forms_of};
use crate::{
    Favourite, Profile,
    messages::{CarListed, CarNow, CarPriceChanged, CarText},
};
use fm_sdk::{Cx, Handled, Kind, Result};
use std::collections::BTreeSet;

/// A car was listed: whoever searches for such a car is told.
pub async fn listed(m: CarListed, cx: Cx<Profile>) -> Handled {
    for search in matching(&cx, &m.car).await? {
        let alert = Alert::new(&search.user, Some(&search.id), AlertKind::NewMatch, &m.car, None, 0, cx.sent_at_ms());
        make(&cx, alert).await?;
    }
    Ok(())
}

/// A price fell: whoever searches for such a car or remembers it is told.
pub async fn price_fell(m: CarPriceChanged, cx: Cx<Profile>) -> Handled {
    if m.car.price >= m.from {
        return Ok(());
    }
    let (at, version) = (cx.sent_at_ms(), cx.subject_version().unwrap_or_else(|| cx.sent_at_ms()));
    let told = |user: &str, search: Option<&str>| Alert::new(user, search, AlertKind::PriceDrop, &m.car, Some(m.from), version, at);
    let mut remember = Vec::new();
    cx.docs::<Favourite>().filter(Favourite::car.eq(&m.car.id)).for_each(|f| remember.push(f.user.clone())).await?;
    for user in &remember {
        make(&cx, told(user, None)).await?;
    }
    for search in matching(&cx, &m.car).await? {
        // Once is enough for who remembers the car, too.
        if !remember.contains(&search.user) {
            make(&cx, told(&search.user, Some(&search.id))).await?;
        }
    }
    Ok(())
}

/// The searches that a car matches; those of its seller aside.
async fn matching(cx: &Cx<Profile>, car: &CarNow) -> Result<Vec<SavedSearch>> {
    let mut found: Vec<SavedSearch> = Vec::new();
    let under = SavedSearch::anchor.one_of(Filters::anchors_of(car));
    let looked = cx.docs::<SavedSearch>().filter(under).for_each(|search| {
        if search.user != car.owner && search.fit(car) {
            found.push(search.into_inner());
        }
    });
    looked.await?;
    if found.iter().any(|s| s.filters.q.is_some()) {
        let forms = match cx.call(CarText { car: car.id.clone() }).await {
            Ok(text) => forms_of(&text),
            // It is gone already, or sold: nobody is to be told of its words.
            Err(e) if e.kind() == Kind::NotFound => BTreeSet::new(),
            Err(e) => return Err(e),
        };
        found.retain(|s| s.filters.fit_text(&forms));
    }
    Ok(found)
}

/// Keeps an alert, once however often its event comes.
pub async fn make(cx: &Cx<Profile>, alert: Alert) -> Result<()> {
    match cx.insert(alert, |_, _| Ok(())).await {
        // The event came before.
        Err(e) if e.kind() != Kind::Conflict => Err(e),
        _ => Ok(()),
    }
}
