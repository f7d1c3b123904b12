use fm_sdk::http::Checks;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Times of one day, at most: mornings, afternoons, evenings.
const SPANS: usize = 3;

/// From when until when somebody is there, by the clock on the wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// `HH:MM`, 00:00 to 23:59.
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub from: String,
    /// `HH:MM`, later than `from`, up to 24:00.
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub to: String,
}

/// When somebody is there, day by day; a day without times is one when nobody is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpeningHours {
    #[schema(max_items = 3)]
    pub monday: Vec<Span>,
    #[schema(max_items = 3)]
    pub tuesday: Vec<Span>,
    #[schema(max_items = 3)]
    pub wednesday: Vec<Span>,
    #[schema(max_items = 3)]
    pub thursday: Vec<Span>,
    #[schema(max_items = 3)]
    pub friday: Vec<Span>,
    #[schema(max_items = 3)]
    pub saturday: Vec<Span>,
    #[schema(max_items = 3)]
    pub sunday: Vec<Span>,
}

/// Minutes since midnight.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten();
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= 24 * 60).then_some(at)
}

impl OpeningHours {
    fn days(&self) -> [(&'static str, &[Span]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }
    /// Nobody is ever there: as good as nothing said.
    pub fn is_empty(&self) -> bool {
        self.days().iter().all(|(_, spans)| spans.is_empty())
    }
    /// Notes what is wrong, time by time.
    pub fn check(&self, mut checks: Checks) -> Checks {
        for (day, spans) in self.days() {
            let field = format!("opening_hours.{day}");
            checks = checks.field(&field, spans.len() <= SPANS, format!("at most {SPANS} times"));
            let mut before = None;
            for (i, span) in spans.iter().take(SPANS).enumerate() {
                let (from, to) = (minutes(&span.from), minutes(&span.to));
                checks = checks
                    .field(format!("{field}[{i}].from"), from.is_some_and(|at| at < 24 * 60), "must be a time from 00:00 to 23:59")
                    .field(format!("{field}[{i}].to"), to.is_some(), "must be a time from 00:01 to 24:00")
                    .field(format!("{field}[{i}].to"), from.zip(to).is_none_or(|(from, to)| from < to), "must be later than from")
                    .field(
                        format!("{field}[{i}].from"),
                        before.zip(from).is_none_or(|(end, from)| end < from),
                        "must be later than the time before",
                    );
                before = to;
            }
        }
        checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Vec<String> {
        let hours: OpeningHours = serde_json::from_str(json).unwrap();
        hours.check(Checks::new()).finish().map_or_else(|e| e.fields().iter().map(|f| f.field.clone()).collect(), |()| Vec::new())
    }

    #[test]
    fn times_are_in_order_and_on_the_clock() {
        for (json, wrong) in [
            ("{}", vec![]),
            (r#"{"monday":[{"from":"00:00","to":"24:00"}]}"#, vec![]),
            (r#"{"friday":[{"from":"08:00","to":"12:00"},{"from":"13:00","to":"18:30"}]}"#, vec![]),
            (r#"{"friday":[{"from":"8:00","to":"12:60"}]}"#, vec!["opening_hours.friday[0].from", "opening_hours.friday[0].to"]),
            (r#"{"sunday":[{"from":"24:00","to":"24:01"}]}"#, vec!["opening_hours.sunday[0].from", "opening_hours.sunday[0].to"]),
            (r#"{"sunday":[{"from":"12:00","to":"12:00"}]}"#, vec!["opening_hours.sunday[0].to"]),
            (r#"{"sunday":[{"from":"08:00","to":"12:00"},{"from":"12:00","to":"13:00"}]}"#, vec!["opening_hours.sunday[1].from"]),
            (r#"{"sunday":[{"from":"+8:00","to":"\u0661\u0662:00"}]}"#, vec!["opening_hours.sunday[0].from", "opening_hours.sunday[0].to"]),
        ] {
            assert_eq!(faults(json), wrong, "{json}");
        }
        let four =
            r#"{"from":"01:00","to":"02:00"},{"from":"03:00","to":"04:00"},{"from":"05:00","to":"06:00"},{"from":"07:00","to":"08:00"}"#;
        assert_eq!(faults(&format!(r#"{{"monday":[{four}]}}"#)), ["opening_hours.monday"]);
    }
}
