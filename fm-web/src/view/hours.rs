//! When a dealer is there: as the API has it, as dealers type it, and as buyers read it.

use crate::{request_context::RequestContext, text::Texts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From when until when, `HH:MM`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    pub from: String,
    pub to: String,
}

/// Times by the day of the week.
pub type OpeningHours = BTreeMap<String, Vec<Span>>;

/// The days of the week as the API names them, and as people do.
pub fn days(t: &'static Texts) -> [(&'static str, &'static str); 7] {
    [
        ("monday", t.monday),
        ("tuesday", t.tuesday),
        ("wednesday", t.wednesday),
        ("thursday", t.thursday),
        ("friday", t.friday),
        ("saturday", t.saturday),
        ("sunday", t.sunday),
    ]
}

/// Reads `9`, `9:30` or `09.30`.
fn read_time(text: &str) -> Option<String> {
    let (hour, minute) = text.split_once([':', '.']).unwrap_or((text, "00"));
    let number = |part: &str| (part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u8>().ok()).flatten();
    Some(format!("{:02}:{:02}", number(hour)?, number(minute).filter(|_| minute.len() == 2)?))
}

/// Reads what a dealer typed for a day, such as `9-12:30, 14-18`; `None` if that cannot be read.
pub fn read(text: &str) -> Option<Vec<Span>> {
    let text = text.to_lowercase().replace("uhr", "").replace(['\u{2013}', '\u{2014}', '\u{2212}'], "-");
    let text = text.replace(" bis ", "-").replace(" to ", "-").replace(" und ", ",").replace(" and ", ",");
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let span = |part: &str| {
        let (from, to) = part.split_once('-')?;
        Some(Span { from: read_time(from.trim())?, to: read_time(to.trim())? })
    };
    text.split([',', ';']).map(span).collect()
}

/// Writes the times of a day so that [`read`] reads them; empty for a day without.
pub fn write(spans: &[Span]) -> String {
    let time = |text: &str| text.strip_prefix('0').unwrap_or(text).to_owned();
    let spans: Vec<_> = spans.iter().map(|span| format!("{}\u{2013}{}", time(&span.from), time(&span.to))).collect();
    spans.join(", ")
}

/// Days of the same times, one after the other.
pub struct OpenDays {
    pub days: String,
    pub times: String,
}

/// The week as buyers read it.
pub fn week(context: &RequestContext, hours: &OpeningHours) -> Vec<OpenDays> {
    let t = context.t();
    let mut lines: Vec<(&str, &str, String)> = Vec::new();
    for (day, label) in days(t) {
        let times = hours.get(day).map(|spans| write(spans)).filter(|times| !times.is_empty()).unwrap_or_else(|| t.closed.to_owned());
        match lines.last_mut() {
            Some(last) if last.2 == times => last.1 = label,
            _ => lines.push((label, label, times)),
        }
    }
    let days = |first: &str, last: &str| if first == last { first.to_owned() } else { format!("{first}\u{2013}{last}") };
    lines.into_iter().map(|(first, last, times)| OpenDays { days: days(first, last), times }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let span = |from: &str, to: &str| Span { from: from.into(), to: to.into() };
        for text in ["9-12:30, 14-18", "09.00 \u{2013} 12.30 Uhr; 14 bis 18 Uhr", "9:00 to 12:30 and 14:00-18:00"] {
            assert_eq!(read(text), Some(vec![span("09:00", "12:30"), span("14:00", "18:00")]), "{text}");
        }
        assert_eq!((read(" "), read("0-24")), (Some(vec![]), Some(vec![span("00:00", "24:00")])));
        for text in ["nine to five", "9", "9-", "-", "9-12-18", "9:5-10", "123-4", "\u{0669}-\u{0661}\u{0662}", "9-12,"] {
            assert_eq!(read(text), None, "{text}");
        }
        let week = [span("09:00", "12:30"), span("14:00", "24:00")];
        assert_eq!((write(&week).as_str(), read(&write(&week))), ("9:00\u{2013}12:30, 14:00\u{2013}24:00", Some(week.to_vec())));
    }
}
