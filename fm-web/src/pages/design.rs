//! All components with their states, for those who develop the pages. Written with the parts that the pages themselves are made of.

use super::page;
use crate::{
    Web,
    request_context::RequestContext,
    text::Texts,
    view::{Card, Choice, Entry, Kind, Layout, Rate, Rating},
};
use actix_web::{HttpResponse, web::Data};
use askama::Template;
use fm_sdk::{Error, Result, ResultExt};
use serde_json::json;

/// The colours of tokens.css, and the paint of cars.
const COLORS: [&str; 17] = [
    "ground",
    "surface",
    "raised",
    "sunk",
    "ink",
    "ink-soft",
    "line",
    "line-strong",
    "brand",
    "brand-deep",
    "brand-wash",
    "lime",
    "lime-ink",
    "good",
    "bad",
    "bad-wash",
    "focus",
];
const PAINTS: [&str; 13] =
    ["beige", "black", "blue", "brown", "green", "grey", "orange", "purple", "red", "silver", "violet", "white", "yellow"];
/// Ratings, and how far from like cars a price is, in euros.
const RATES: [(&str, i64); 5] = [("very_good", -2_400), ("good", -1_200), ("fair", 100), ("high", 1_300), ("very_high", 2_900)];
const BADGES: [(&str, &str); 3] = [("", "plain"), ("new", "new"), ("draft", "draft")];

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    s: Layout,
    t: &'static Texts,
    entries: Vec<Entry>,
    /// Fields that need not be filled in say so.
    optional: bool,
    rates: Vec<Rate>,
    cards: Vec<Card>,
    /// Of the headings of cards.
    level: u8,
    failed: Vec<String>,
}

/// Shows the page where a setting allows it; elsewhere it is as unknown as any other.
pub async fn show(web: Data<Web>, context: RequestContext) -> Result<HttpResponse> {
    if !web.design {
        return Err(Error::not_found("page-unknown"));
    }
    let failed = vec!["The first thing that went wrong.".to_owned(), "And another one.".to_owned()];
    page(&DesignPage {
        s: Layout::new(&context, "design", "Design").hidden().with_hearts(&context),
        t: context.t(),
        entries: entries(),
        optional: true,
        rates: RATES.iter().filter_map(|&(step, difference)| rate(&context, step, difference)).collect(),
        cards: cards(&context)?,
        level: 3,
        failed,
    })
}

fn rate(context: &RequestContext, step: &str, difference: i64) -> Option<Rate> {
    Rate::of(context, &Rating { step: step.into(), difference, expected_price: 18_400, peers: 41, too_cheap: false })
}

/// A field of each kind, and a text field in each state.
fn entries() -> Vec<Entry> {
    let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into(), on: false };
    let choices = vec![choice("petrol", "Petrol"), choice("diesel", "Diesel")];
    vec![
        Entry::text("empty", "Empty"),
        Entry::text("filled", "Filled, with a hint").with("Audi A4").hint("Says what is meant."),
        Entry { error: "Says what is wrong and how to mend it.".into(), ..Entry::text("refused", "Refused").required().with("Audi A44") },
        Entry::number("unit", "Number with a unit").unit("km").with("120,000"),
        Entry::password("secret", "Password", "off"),
        Entry::new("address", "Email", Kind::Input("email")).required(),
        Entry::select("choice", "Choice", choices).with("diesel"),
        Entry::tick("ticked", "Ticked", true),
        Entry::tick("unticked", "Not ticked", false),
        Entry::area("text", "Longer text", 4_000).with("Two lines\nof text."),
    ]
}

/// A car in each state in which a card shows it; the last one is for a list.
fn cards(context: &RequestContext) -> Result<Vec<Card>> {
    let car = |id: &str, more: serde_json::Value| {
        let mut car = json!({
            "id": id, "title": "Audi A4 2019", "price": 18_500, "year": 2019, "mileage": 84_000, "power_ps": 150, "engine": "diesel", "gearbox": "automatic",
            "body": "estate", "color": "blue", "location": {"postal_code": "04109", "town": "Leipzig"}, "status": "listed", "added": "2020-01-01T00:00:00Z", "rating": {"step": "good", "difference": -900, "peers": 41}
        });
        car.as_object_mut().into_iter().for_each(|car| car.extend(more.as_object().cloned().unwrap_or_default()));
        serde_json::from_value(car).map(|car| Card::of(context, &car)).internal()
    };
    let long = "Mercedes-Benz Sprinter Kastenwagen mit Hochdach und Anhängerkupplung";
    Ok(vec![
        car("design-plain", json!({}))?,
        Card { has_heart: true, ..car("design-kept", json!({"color": "red", "body": "suv"}))? },
        Card { pictures: 6, no_pictures: "", ..car("design-pictures", json!({"color": "green", "body": "cabriolet"}))? },
        car("design-draft", json!({"status": "draft", "color": "silver", "body": "van", "rating": null}))?,
        car("design-sold", json!({"status": "sold", "color": null, "rating": null}))?,
        car("design-expired", json!({"status": "expired", "color": "brown", "rating": null}))?,
        car("design-long", json!({"title": long, "price": 1_234_567, "color": "yellow", "body": "van"}))?,
    ])
}
