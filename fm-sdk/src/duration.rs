//! Times as people write them.

use std::time::Duration;

/// Reads `500ms`, `1s`, `1.5s`, `2m`, `1h` or `7d`.
///
/// # Errors
/// A sentence that says what is expected, for a text without a unit or with a number that makes no sense.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_each = match unit.trim_start() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(expected(text)),
    };
    let number: f64 = number.parse().map_err(|_| expected(text))?;
    // Rounded to whole microseconds, so that 500ms is exactly that.
    let micros = (number * seconds_each * 1e6).round();
    if micros < 1e15 { Ok(Duration::from_micros(micros as u64)) } else { Err(expected(text)) }
}

fn expected(text: &str) -> String {
    format!("`{text}` is no time; write it like 500ms, 1s, 1.5s, 2m, 1h or 7d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, ms) in [
            ("500ms", 500),
            ("1s", 1000),
            ("1.5s", 1500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            ("0s", 0),
            ("3 s", 3000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_unit_or_a_number_is_refused() {
        for text in ["", "5", "s", "-1s", "1 fortnight", "1.2.3s", "99999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
