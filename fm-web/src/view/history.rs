use super::car::PricePoint;
use crate::{
    request_context::RequestContext,
    text::{day, price},
};
use fm_sdk::time::parse_rfc3339;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
/// Above the highest price, so that the line is seen whole.
const EDGE: f64 = 4.0;

/// The prices of a car: a drawn line, and a table that says the same.
pub struct History {
    pub line: String,
    pub area: String,
    /// What stands at the upper end of the chart; at its lower end is zero.
    pub highest: String,
    pub zero: String,
    pub first_day: String,
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
    pub fn of(context: &RequestContext, points: &[PricePoint], now_ms: i64) -> Self {
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
        let line = line(points, now_ms);
        let area = if line.is_empty() { String::new() } else { format!("{line}V{HEIGHT}H0Z") };
        let highest = price(context.lang, points.iter().map(|p| p.price).max().unwrap_or_default());
        let first_day = points.first().map(|p| day(context.lang, &p.at)).unwrap_or_default();
        History { line, area, highest, zero: price(context.lang, 0), first_day, points: rows, fallen }
    }
}

/// Draws steps from the first price until now: a price holds until the next one. The chart begins at zero, so that a small change looks small.
fn line(points: &[PricePoint], now_ms: i64) -> String {
    let times: Vec<i64> = points.iter().map(|p| parse_rfc3339(&p.at).unwrap_or_default()).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return String::new() };
    let highest = points.iter().map(|p| p.price).max().unwrap_or_default().max(1) as f64;
    let span = (now_ms.max(*last) - first).max(1) as f64;
    let x = |at: i64| (at - first) as f64 / span * WIDTH;
    let y = |price: i64| HEIGHT - price as f64 / highest * (HEIGHT - EDGE);
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
    fn the_line_begins_at_zero_and_ends_now() {
        let at = |day: u32, price| PricePoint { at: format!("2026-01-{day:02}T00:00:00.000Z"), price };
        let now = parse_rfc3339("2026-01-21T00:00:00.000Z").unwrap();
        assert_eq!(line(&[at(1, 200), at(11, 100)], now), "M0 4.0H320.0V92.0H640");
        assert_eq!(line(&[at(1, 200)], now), "M0 4.0H640");
        assert_eq!(line(&[], now), "");
        assert_eq!(line(&[at(1, 5), at(1, 4)], 0), "M0 4.0H0.0V39.2H640", "a clock that is behind");
    }
}
