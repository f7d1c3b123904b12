use super::cars;
use crate::{
    Web,
    pages::page,
    request_context::RequestContext,
    search::encoded,
    text::{Texts, choice, month, number, option, price, tenths},
    view::{Car, Card, Layout, first_registration, per_100_km},
};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use fm_sdk::Result;
use std::collections::BTreeSet;

/// More do not fit side by side.
const MAX_COMPARED: usize = 4;
/// Where a car does not say something.
const NOT_SAID: &str = "\u{2013}";

struct Column {
    card: Card,
    /// The comparison without it.
    without: String,
}

struct Cell {
    text: String,
    /// No other is better.
    best: bool,
}

struct Row {
    label: String,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Compare {
    s: Layout,
    t: &'static Texts,
    columns: Vec<Column>,
    rows: Vec<Row>,
    options: Vec<Row>,
    down: bool,
}

/// Up to four cars side by side; the best values are marked.
pub async fn show(web: Data<Web>, context: RequestContext, request: HttpRequest) -> Result<HttpResponse> {
    let t = context.t();
    let mut ids: Vec<String> = Vec::new();
    for (name, id) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        if name == "id" && super::super::id_of(&id).is_ok() && ids.iter().all(|i| *i != id) && ids.len() < MAX_COMPARED {
            ids.push(id.into_owned());
        }
    }
    let found = cars(&web, &context, ids.iter().map(String::as_str)).await;
    let known = web.catalogue.options(&web.gateway, &context.caller).await.ok();
    let down = found.is_err();
    let found = found.unwrap_or_default();
    let without = |car: &Car| {
        let rest: Vec<_> = found.iter().filter(|c| c.id != car.id).map(|c| ("id", c.id.clone())).collect();
        format!("/compare?{}", encoded(&rest))
    };
    let fitted: BTreeSet<&String> = found.iter().flat_map(|c| &c.options).collect();
    let mut options: Vec<Row> = fitted
        .into_iter()
        .map(|o| Row {
            label: option(context.lang, o, known.as_ref().and_then(|k| k.label(o))),
            cells: found
                .iter()
                .map(|c| Cell { text: if c.options.contains(o) { t.yes } else { t.no }.to_owned(), best: c.options.contains(o) })
                .collect(),
        })
        .collect();
    options.sort_by(|a, b| a.label.cmp(&b.label));
    page(&Compare {
        s: Layout::new(&context, "compare", t.compare).hidden().with_hearts(&context),
        t,
        columns: found.iter().map(|c| Column { card: Card::of(&context, c), without: without(c) }).collect(),
        rows: rows(&context, &found),
        options,
        down,
    })
}

/// A fact of each car, and what makes one better than another, if anything does.
fn row(label: &str, cars: &[Car], text: impl Fn(&Car) -> Option<String>, worth: impl Fn(&Car) -> Option<i64>) -> Row {
    let values: Vec<_> = cars.iter().map(&worth).collect();
    let best = values.iter().flatten().max().copied();
    // Where all are alike none is best.
    let differ = values.iter().any(|v| *v != best);
    let cell = |(car, value): (&Car, &Option<i64>)| Cell {
        text: text(car).unwrap_or_else(|| NOT_SAID.to_owned()),
        best: differ && value.is_some() && *value == best,
    };
    Row { label: label.to_owned(), cells: cars.iter().zip(&values).map(cell).collect() }
}

/// All facts of which at least one of the cars says something.
fn rows(context: &RequestContext, cars: &[Car]) -> Vec<Row> {
    let (lang, t) = (context.lang, context.t());
    let named = |field: &'static str, value: &Option<String>| value.as_deref().map(|v| choice(lang, field, v).into_owned());
    let count = |n: Option<i64>| n.map(|n| n.to_string());
    let nothing = |_: &Car| None;
    let mut rows = vec![
        row(t.price, cars, |c| Some(price(lang, c.price)), |c| Some(-c.price)),
        row(
            t.rating,
            cars,
            |c| Some(c.rating.as_ref().map_or_else(|| t.not_rated.to_owned(), |r| choice(lang, "rating", &r.step).into_owned())),
            |c| c.rating.as_ref().filter(|r| r.expected_price > 0).map(|r| -r.difference * 1000 / r.expected_price),
        ),
        row(t.first_registration, cars, |c| Some(first_registration(c)), |c| Some(c.year * 12 + c.month.unwrap_or(1))),
        row(t.mileage, cars, |c| c.mileage.map(|km| format!("{}\u{a0}km", number(lang, km))), |c| c.mileage.map(|km| -km)),
        row(t.power, cars, |c| c.power_ps.map(|ps| format!("{ps}\u{a0}{}", t.power_unit)), |c| c.power_ps),
        row(t.engine, cars, |c| named("engine", &c.engine), nothing),
        row(t.gearbox, cars, |c| named("gearbox", &c.gearbox), nothing),
        row(t.body, cars, |c| named("body", &c.body), nothing),
        row(t.color, cars, |c| named("color", &c.color), nothing),
        row(t.interior_color, cars, |c| named("color", &c.interior_color), nothing),
        row(t.trim, cars, |c| c.trim.clone(), nothing),
        row(t.owners, cars, |c| count(c.owners), |c| c.owners.map(|n| -n)),
        row(t.inspection_until, cars, |c| c.inspection_until.as_deref().map(month), |c| digits(c.inspection_until.as_deref())),
        row(
            t.unrepaired_damage,
            cars,
            |c| c.unrepaired_damage.map(|damaged| if damaged { t.yes } else { t.no }.to_owned()),
            |c| c.unrepaired_damage.map(|damaged| -i64::from(damaged)),
        ),
        row(t.emission_class, cars, |c| named("emission_class", &c.emission_class), |c| digits(c.emission_class.as_deref())),
        // Litres, kilograms and kilowatt-hours cannot be held against each other.
        row(t.consumption, cars, |c| c.consumption.map(|n| format!("{}\u{a0}{}", tenths(lang, n), per_100_km(context, c))), nothing),
        row(t.doors, cars, |c| count(c.doors), nothing),
        row(t.seats, cars, |c| count(c.seats), nothing),
        row(t.options, cars, |c| Some(number(lang, c.options.len() as i64)), |c| Some(c.options.len() as i64)),
    ];
    rows.retain(|row| row.cells.iter().any(|cell| cell.text != NOT_SAID));
    rows
}

/// The digits of a month or of an emission class, which are in the order of what they stand for.
fn digits(value: Option<&str>) -> Option<i64> {
    value?.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_marked_unless_all_are_alike() {
        let cars: Vec<Car> =
            [(9_000, Some(5)), (8_000, None), (8_000, Some(7))].map(|(price, mileage)| Car { price, mileage, ..Car::default() }).into();
        let best = |worth: fn(&Car) -> Option<i64>| row("", &cars, |_| None, worth).cells.iter().map(|c| c.best).collect::<Vec<_>>();
        assert_eq!(best(|c| Some(-c.price)), [false, true, true]);
        assert_eq!(best(|c| c.mileage.map(|km| -km)), [true, false, false]);
        assert_eq!(best(|_| Some(1)), [false; 3]);
        assert_eq!(best(|_| None), [false; 3]);
    }
}
