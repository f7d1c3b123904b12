use super::{Car, Image, Listing, Location, Rate};
use crate::{
    request_context::RequestContext,
    text::{choice, day, fill, is_choice, month, number, price, tenths},
};
use fm_sdk::time::parse_rfc3339;

/// Milliseconds.
const DAY: i64 = 24 * 3600 * 1000;
/// A car counts as new for this long; milliseconds.
const NEW: i64 = DAY;

/// A picture in its sizes.
#[derive(Clone, Debug)]
pub struct Picture {
    pub key: String,
    pub thumb: String,
    pub card: String,
    /// The same, smaller, for browsers that know WebP.
    pub card_webp: String,
    pub full: String,
    pub width: u32,
    pub height: u32,
}

impl Picture {
    /// Gives the addresses of a picture; nothing if its key could lead elsewhere.
    pub fn of_key(key: &str, width: u32, height: u32) -> Option<Self> {
        let fits = !key.is_empty() && key.len() <= 200 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let at = |size: &str| format!("/images/{key}/{size}");
        let (width, height) = (if width == 0 { 640 } else { width }, if height == 0 { 480 } else { height });
        fits.then(|| Picture {
            key: key.to_owned(),
            thumb: at("thumb"),
            card: at("card"),
            card_webp: at("card.webp"),
            full: at("full"),
            width,
            height,
        })
    }
    pub fn of(image: &Image) -> Option<Self> {
        Picture::of_key(&image.key, image.width, image.height)
    }
}

/// A car in a list.
#[derive(Clone, Debug)]
pub struct Card {
    pub id: String,
    pub href: String,
    pub title: String,
    pub price: String,
    pub rate: Option<Rate>,
    /// The reader remembers it.
    pub has_heart: bool,
    /// Says what its heart does; empty if it has none.
    pub heart: String,
    pub key_facts: Vec<String>,
    pub more_facts: String,
    pub place: String,
    pub image: Option<Picture>,
    pub pictures: usize,
    /// Says that there are none; empty if there are.
    pub no_pictures: &'static str,
    /// Which drawing stands in for a picture.
    pub shape: String,
    /// The drawing's colour.
    pub paint: String,
    pub badge: &'static str,
    pub badge_kind: &'static str,
}

impl Card {
    pub fn of(context: &RequestContext, car: &Car) -> Self {
        let (lang, t) = (context.lang, context.t());
        let mut key_facts = vec![car.year.to_string()];
        key_facts.extend(car.mileage.map(|km| format!("{}\u{a0}km", number(lang, km))));
        key_facts.extend(car.power_ps.map(|ps| format!("{ps}\u{a0}{}", t.power_unit)));
        let named = |field: &'static str, value: &Option<String>| value.as_deref().map(|v| choice(lang, field, v).into_owned());
        let more = [named("engine", &car.engine), named("gearbox", &car.gearbox), named("body", &car.body)];
        let (badge_kind, badge) = match car.status.as_str() {
            "sold" => ("sold", t.badge_sold),
            "draft" => ("draft", t.badge_draft),
            "expired" => ("expired", t.badge_expired),
            _ if is_new(&car.added) => ("new", t.badge_new),
            _ => ("", ""),
        };
        Card {
            id: car.id.clone(),
            href: href_of(&car.id),
            title: car.title.clone(),
            price: price(lang, car.price),
            has_heart: context.has_heart(&car.id),
            heart: if car.status == "listed" || context.has_heart(&car.id) { heart(context, &car.id, &car.title) } else { String::new() },
            rate: car.rating.as_ref().and_then(|r| Rate::of(context, r)),
            key_facts,
            more_facts: more.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            place: place(context, car),
            image: car.images.iter().find_map(Picture::of),
            pictures: car.images.len(),
            no_pictures: if car.images.is_empty() { t.no_pictures_tile } else { "" },
            shape: shape_of(car.body.as_deref()).into(),
            paint: paint_of(car.color.as_deref()).into(),
            badge,
            badge_kind,
        }
    }
    /// Makes a card of what the tracker knows; `car` is the same car, if there is more to say.
    pub fn of_listing(context: &RequestContext, listing: &Listing, car: Option<&Car>) -> Self {
        if let Some(car) = car {
            return Card::of(context, car);
        }
        let image = listing.image.as_deref().and_then(|key| Picture::of_key(key, 0, 0));
        let (badge_kind, badge) = if is_new(&listing.added) { ("new", context.t().badge_new) } else { ("", "") };
        Card {
            id: listing.car_id.clone(),
            href: href_of(&listing.car_id),
            title: listing.title.clone(),
            price: price(context.lang, listing.price),
            rate: None,
            has_heart: context.has_heart(&listing.car_id),
            heart: heart(context, &listing.car_id, &listing.title),
            key_facts: Vec::new(),
            more_facts: day(context.lang, &listing.added),
            place: String::new(),
            pictures: usize::from(image.is_some()),
            // It may have some by now: only fm-cars knows.
            no_pictures: "",
            image,
            shape: shape_of(None).into(),
            paint: paint_of(None).into(),
            badge,
            badge_kind,
        }
    }
}

/// Says where a car stands, and how far that is.
fn place(context: &RequestContext, car: &Car) -> String {
    let line = car.location.as_ref().map(Location::line);
    let far = car.distance_km.map(|km| match km {
        0 => context.t().distance_none.to_owned(),
        km => fill(context.t().distance, number(context.lang, km)),
    });
    [line, far].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Says what pressing a car's heart does.
fn heart(context: &RequestContext, car: &str, title: &str) -> String {
    let t = context.t();
    fill(if context.has_heart(car) { t.heart_off } else { t.heart_on }, title)
}

fn href_of(id: &str) -> String {
    format!("/cars/{}", id.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_', ""))
}

fn is_new(added: &str) -> bool {
    parse_rfc3339(added).is_some_and(|at| fm_sdk::time::now_ms() - at < NEW)
}

/// Gives the drawing for a body.
pub fn shape_of(body: Option<&str>) -> &str {
    body.filter(|b| is_choice("body", b)).unwrap_or("other")
}

/// Gives the drawing's colour.
pub fn paint_of(color: Option<&str>) -> &str {
    color.filter(|c| is_choice("color", c)).unwrap_or("silver")
}

/// One line of a car's data.
pub struct Fact {
    pub icon: &'static str,
    pub label: &'static str,
    pub value: String,
    /// The colour to show beside it.
    pub paint: String,
}

/// Gives all that is known of a car, in the order in which people ask.
pub fn facts_of(context: &RequestContext, car: &Car) -> Vec<Fact> {
    let (lang, t) = (context.lang, context.t());
    let mut facts = key_facts(context, car);
    let mut add = |icon, label, value: String, paint: &str| {
        if !value.is_empty() {
            facts.push(Fact { icon, label, value, paint: paint.into() });
        }
    };
    let named =
        |field: &'static str, value: &Option<String>| value.as_deref().map(|v| choice(lang, field, v).into_owned()).unwrap_or_default();
    add("body", t.body, named("body", &car.body), "");
    if car.color.is_some() {
        add("color", t.color, named("color", &car.color), paint_of(car.color.as_deref()));
    }
    add("color", t.interior_color, named("color", &car.interior_color), paint_of(car.interior_color.as_deref()));
    add("tag", t.trim, car.trim.clone().unwrap_or_default(), "");
    let count = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    add("user", t.owners, count(car.owners), "");
    add("check", t.inspection_until, car.inspection_until.as_deref().map(month).unwrap_or_default(), "");
    add("door", t.doors, count(car.doors), "");
    add("seat", t.seats, count(car.seats), "");
    add("leaf", t.emission_class, named("emission_class", &car.emission_class), "");
    add(
        "fuel",
        t.consumption,
        car.consumption.map(|n| format!("{}\u{a0}{}", tenths(lang, n), per_100_km(context, car))).unwrap_or_default(),
        "",
    );
    let damage = car.unrepaired_damage.map(|damaged| if damaged { t.yes } else { t.no });
    add("warn", t.unrepaired_damage, damage.unwrap_or_default().to_owned(), "");
    add("pin", t.place, car.location.as_ref().map(Location::line).unwrap_or_default(), "");
    add("clock", t.added, added(context, car), "");
    facts
}

/// In what consumption is measured.
pub fn per_100_km(context: &RequestContext, car: &Car) -> &'static str {
    let t = context.t();
    match car.engine.as_deref() {
        Some("petrol" | "diesel" | "lpg" | "hybrid") => t.consumption_fuel,
        Some("cng") => t.consumption_gas,
        Some("electric") => t.consumption_electric,
        _ => t.consumption_any,
    }
}

/// The day, and for a car that is for sale since how long that is.
fn added(context: &RequestContext, car: &Car) -> String {
    let (t, date) = (context.t(), day(context.lang, &car.added));
    let Some(at) = parse_rfc3339(&car.added).filter(|_| car.status == "listed") else { return date };
    let since = match (fm_sdk::time::now_ms() - at).max(0) / DAY {
        0 => t.today.to_owned(),
        1 => t.for_a_day.to_owned(),
        days => fill(t.for_days, days),
    };
    format!("{date} · {since}")
}

/// The month, if it is known, and the year.
pub fn first_registration(car: &Car) -> String {
    car.month.map_or_else(|| car.year.to_string(), |month| format!("{month:02}/{}", car.year))
}

/// Gives the facts that decide.
pub fn key_facts(context: &RequestContext, car: &Car) -> Vec<Fact> {
    let (lang, t) = (context.lang, context.t());
    let named = |field: &'static str, value: &Option<String>| value.as_deref().map(|v| choice(lang, field, v).into_owned());
    let all = [
        ("calendar", if car.month.is_some() { t.first_registration } else { t.year }, Some(first_registration(car))),
        ("road", t.mileage, car.mileage.map(|km| format!("{}\u{a0}km", number(lang, km)))),
        ("bolt", t.power, car.power_ps.map(|ps| power(context, ps))),
        ("fuel", t.engine, named("engine", &car.engine)),
        ("gear", t.gearbox, named("gearbox", &car.gearbox)),
    ];
    all.into_iter().filter_map(|(icon, label, value)| Some(Fact { icon, label, value: value?, paint: String::new() })).collect()
}

/// Horsepower (metric) and kilowatts: 1 PS = 0.73549875 kW.
fn power(context: &RequestContext, ps: i64) -> String {
    let kw = (ps.clamp(0, 100_000) as f64 * 0.735_498_75).round() as i64;
    format!("{ps}\u{a0}{} ({kw}\u{a0}kW)", context.t().power_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_could_lead_elsewhere_is_no_picture() {
        assert_eq!(Picture::of_key("ab_1-2.x", 0, 0).unwrap().thumb, "/images/ab_1-2.x/thumb");
        for bad in ["", "../x", "a/b", "a\"b", "javascript:x", "http://elsewhere"] {
            assert!(Picture::of_key(bad, 1, 1).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_body_without_a_drawing_gets_the_plain_one() {
        assert_eq!((shape_of(Some("estate")), shape_of(Some("x\" onload=\"")), paint_of(Some("plaid"))), ("estate", "other", "silver"));
        assert_eq!(href_of("0197\"><b>-a"), "/cars/0197b-a");
    }
}
