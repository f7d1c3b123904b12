use super::car::PricePoint;
use crate::{
    request_context::RequestContext,
    text::{day, price},
};
use fm_sdk::time::parse_rfc3339;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const EDGE: f64 = 14.0;

/// The prices of a car: a drawn line, and a table that says the same.
pub struct History {
    pub line: String,
    pub area: String,
    /// Newest first.
    pub points: Vec<Row>,
    /// By how much the price has fallen, euros.
    pub fallen: i64,
}

pub struct Row {
    pub day: String,
    pub price: String,
    pub change: String,
    pub trend: &'static str,
}

impl History {
    pub fn of(context: &RequestContext, points: &[PricePoint]) -> Self {
        let mut before: Option<i64> = None;
        let mut rows: Vec<Row> = Vec::with_capacity(points.len());
        for point in points {
            let step = before.map(|b| point.price.saturating_sub(b));
            let (change, trend) = match step {
                None => (context.t().first_price.to_owned(), ""),
                Some(0) => ("±0".to_owned(), ""),
                Some(n) if n < 0 => (format!("−{}", price(context.lang, n.saturating_abs())), "down"),
                Some(n) => (format!("+{}", price(context.lang, n)), "up"),
            };
            rows.push(Row { day: day(context.lang, &point.at), price: price(context.lang, point.price), change, trend });
            before = Some(point.price);
        }
        rows.reverse();
        let fallen = match (points.first(), points.last()) {
            (Some(first), Some(last)) => first.price.saturating_sub(last.price).max(0),
            _ => 0,
        };
        let line = line(points);
        let area = if line.is_empty() { String::new() } else { format!("{line}V{HEIGHT}H0Z") };
        History { line, area, points: rows, fallen }
    }
}

/// Draws steps: a price holds until the next one.
fn line(points: &[PricePoint]) -> String {
    let times: Vec<i64> = points.iter().map(|p| parse_rfc3339(&p.at).unwrap_or_default()).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return String::new() };
    let (low, high) = points.iter().fold((i64::MAX, i64::MIN), |(l, h), p| (l.min(p.price), h.max(p.price)));
    // The last price goes on until today, which is a tenth of the width here.
    let span = (last - first).max(1) as f64;
    let x = |at: i64| (at - first) as f64 / span * WIDTH * 0.9;
    let y = |price: i64| HEIGHT - EDGE - (price - low) as f64 / (high - low).max(1) as f64 * (HEIGHT - 2.0 * EDGE);
    let mut path = String::new();
    for (point, at) in points.iter().zip(&times) {
        if path.is_empty() {
            path = format!("M0 {:.1}", y(point.price));
        } else {
            path.push_str(&format!("H{:.1}V{:.1}", x(*at), y(point.price)));
        }
    }
    path.push_str(&format!("H{WIDTH}"));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_down_when_the_price_falls_and_stays_inside() {
        let at = |day: u32, price| PricePoint { at: format!("2026-01-{day:02}T00:00:00.000Z"), price };
        assert_eq!(line(&[at(1, 200), at(11, 100)]), "M0 14.0H576.0V166.0H640");
        assert_eq!(line(&[at(1, 200)]), "M0 166.0H640");
        assert_eq!(line(&[]), "");
        assert_eq!(line(&[at(1, 5), at(1, 5)]), "M0 166.0H0.0V166.0H640");
    }
}
