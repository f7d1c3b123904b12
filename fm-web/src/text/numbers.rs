use super::Lang;
use fm_sdk::{
    text::number::{Convention, NumberError, parse_whole},
    time::parse_rfc3339,
};
use time::{Date, OffsetDateTime};

/// Writes a whole number with its thousands apart.
pub fn number(lang: Lang, n: i64) -> String {
    let mark = lang.pick(",", ".");
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    if n < 0 {
        text.push('\u{2212}');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push_str(mark);
        }
        text.push(digit);
    }
    text
}

/// Reads a whole number that somebody typed into a field, with the field's unit or without; `None` if there is none.
///
/// # Errors
/// Why it is none, or could be two.
pub fn whole(lang: Lang, field: &str, text: &str) -> Result<Option<i64>, NumberError> {
    let units: &[&str] = match field {
        "price" => &["€", "EUR", "Euro"],
        "mileage" => &["km"],
        "power" | "power_ps" => &["PS", "hp"],
        _ => &[],
    };
    let convention = match lang {
        Lang::En => Convention::English,
        Lang::De => Convention::German,
    };
    parse_whole(text, convention, units)
}

/// Writes euros.
pub fn price(lang: Lang, euros: i64) -> String {
    match lang {
        Lang::En => format!("€{}", number(lang, euros)),
        Lang::De => format!("{}\u{a0}€", number(lang, euros)),
    }
}

const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes the day of a time, which is RFC 3339.
pub fn day(lang: Lang, rfc3339: &str) -> String {
    let Some(date) = parse_rfc3339(rfc3339).and_then(date_of) else { return String::new() };
    match lang {
        Lang::En => format!("{} {} {}", date.day(), MONTHS_EN[usize::from(u8::from(date.month())) - 1], date.year()),
        Lang::De => format!("{}.{}.{}", date.day(), u8::from(date.month()), date.year()),
    }
}

fn date_of(ms: i64) -> Option<Date> {
    OffsetDateTime::from_unix_timestamp(ms.div_euclid(1000)).ok().map(|t| t.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_prices_look_as_people_write_them() {
        assert_eq!((number(Lang::En, 0), number(Lang::En, 999), number(Lang::De, 1000)), ("0".into(), "999".into(), "1.000".into()));
        assert_eq!(number(Lang::En, -1_234_567), "−1,234,567");
        assert_eq!((price(Lang::En, 12_345), price(Lang::De, 12_345)), ("€12,345".into(), "12.345\u{a0}€".into()));
        assert!(!number(Lang::De, i64::MIN).is_empty());
    }

    /// Those that the scripts are held against, too.
    #[test]
    fn numbers_look_as_in_the_scripts_and_are_read_again() {
        #[derive(serde::Deserialize)]
        struct Case {
            language: String,
            number: i64,
            text: String,
        }
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/numbers.json")).unwrap();
        for Case { language, number: n, text } in &cases {
            let lang = Lang::of(language).unwrap();
            assert_eq!((number(lang, *n), whole(lang, "price", text)), (text.clone(), Ok(Some(*n))), "{language} {n}");
            assert_eq!(whole(lang, "price", &price(lang, *n)), Ok(Some(*n)), "{language} {n}");
        }
        assert!(cases.len() >= 10);
    }

    #[test]
    fn days_are_written_and_what_is_no_time_is_left_out() {
        assert_eq!(day(Lang::En, "2026-03-09T10:00:00.000Z"), "9 Mar 2026");
        assert_eq!(day(Lang::De, "2026-03-09T10:00:00.000Z"), "9.3.2026");
        assert_eq!(day(Lang::De, "yesterday"), "");
    }
}
