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

/// Reads a number that may have a fraction and no thousands, with a point or a comma; `None` if there is none.
///
/// # Errors
/// If it is none.
pub fn decimal(text: &str) -> Result<Option<f64>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
    text.replace(',', ".").parse().ok().filter(|_| plain).map(Some).ok_or(())
}

/// Writes a number with one digit behind the point, if that is not 0.
pub fn tenths(lang: Lang, n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or_else(|| text.replace('.', lang.pick(".", ",")), str::to_owned)
}

/// Reads a month as people write it (`05/2027`, `5.2027`, `2027-05`) as `2027-05`; what is none stays as it is.
pub fn year_month(text: &str) -> String {
    let parts: Vec<&str> = text.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty()).collect();
    let (month, year) = match parts[..] {
        [month, year] if year.len() == 4 => (month, year),
        [year, month] if year.len() == 4 => (month, year),
        _ => return text.to_owned(),
    };
    month.parse::<u8>().map_or_else(|_| text.to_owned(), |month| format!("{year}-{month:02}"))
}

/// Writes a month: `05/2027`.
pub fn month(text: &str) -> String {
    text.split_once('-').map_or_else(|| text.to_owned(), |(year, month)| format!("{month}/{year}"))
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

    #[test]
    fn numbers_with_a_fraction_are_read_with_a_point_or_a_comma() {
        for (text, read) in [("5,6", Ok(Some(5.6))), (" 5.6 ", Ok(Some(5.6))), ("12", Ok(Some(12.0))), ("", Ok(None))] {
            assert_eq!(decimal(text), read, "{text}");
        }
        for bad in ["5.6.1", "much", "-5", "1e3", "inf", ","] {
            assert_eq!(decimal(bad), Err(()), "{bad}");
        }
        assert_eq!([tenths(Lang::De, 5.6), tenths(Lang::En, 5.6), tenths(Lang::De, 12.0)], ["5,6", "5.6", "12"]);
    }

    #[test]
    fn months_are_read_as_people_write_them() {
        for text in ["05/2027", "5/2027", "05.2027", "2027-05", "2027-5", " 5 2027 ", "05 / 2027"] {
            assert_eq!(year_month(text), "2027-05", "{text}");
        }
        for odd in ["2027", "soon", "05/27", "", "1/2/2027"] {
            assert_eq!(year_month(odd), odd);
        }
        assert_eq!(month("2027-05"), "05/2027");
    }
}
