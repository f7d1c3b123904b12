//! Whole numbers as people write them: `12500`, `12.500`, `12 500 km`, `€12,500.00`, `12.500,-`.

use super::{invisible::is_blank, is_invisible};
use std::borrow::Cow;
use thiserror::Error;

/// Which of point and comma separates thousands, and which the fraction, where a text alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// `12,500` is a whole number, `12.500` is not.
    English,
    /// `12.500` is a whole number, `12,500` is not.
    German,
}

/// Why a text is not read as a whole number. The message is for people and stands behind the text or the name of a field.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberError {
    /// Something else than digits 0 to 9, separators between them, a sign and a known unit.
    #[error("not a number")]
    NotANumber,
    /// A fraction that is not zero: `1.5`, `5000,50`.
    #[error("not a whole number")]
    Fraction,
    /// Read one way it is a whole number of thousands, read the other way a fraction: `12.500` in English.
    #[error("ambiguous: thousands or a fraction")]
    Ambiguous,
    /// Separators that do not stand before each three digits, or are not all the same: `1,23,456`, `12.50.00`.
    #[error("digits are not in groups of three")]
    Grouping,
    /// More than an `i64` holds.
    #[error("too large")]
    TooLarge,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Point,
    Comma,
    /// Of any width.
    Space,
    /// Straight or typographic.
    Apostrophe,
}

impl Separator {
    fn of(c: char) -> Option<Self> {
        match c {
            '.' => Some(Separator::Point),
            ',' => Some(Separator::Comma),
            '\'' | '\u{2019}' => Some(Separator::Apostrophe),
            c if is_blank(c) => Some(Separator::Space),
            _ => None,
        }
    }
    fn may_begin_fraction(self) -> bool {
        matches!(self, Separator::Point | Separator::Comma)
    }
}

impl Convention {
    fn thousands(self) -> Separator {
        match self {
            Convention::English => Separator::Comma,
            Convention::German => Separator::Point,
        }
    }
}

/// Reads a whole number; `None` if there is nothing but white space or a unit.
///
/// Thousands may be separated by points, commas, spaces or apostrophes. A fraction of one or two zeros is taken (`5000.00`), also the
/// dash that stands for it in prices (`5.000,-`); any other is refused. What only one convention can mean is read in both; what both
/// can mean is read by `convention`, and refused if that makes it a fraction. No text is read as two different numbers.
///
/// One of `units` may stand before or behind the number, in any case.
///
/// ```
/// # use fm_sdk::text::number::{Convention::{English, German}, NumberError, parse_whole};
/// assert_eq!(parse_whole("12.500,00 €", German, &["€"]), Ok(Some(12_500)));
/// assert_eq!(parse_whole("12,500.00", German, &[]), Ok(Some(12_500)));
/// assert_eq!(parse_whole("12.500", German, &[]), Ok(Some(12_500)));
/// assert_eq!(parse_whole("12.500", English, &[]), Err(NumberError::Ambiguous));
/// assert_eq!(parse_whole("5000,50", German, &[]), Err(NumberError::Fraction));
/// assert_eq!(parse_whole(" ", German, &[]), Ok(None));
/// ```
///
/// # Errors
/// Why it is not a whole number.
pub fn parse_whole(text: &str, convention: Convention, units: &[&str]) -> Result<Option<i64>, NumberError> {
    let visible: String = text.chars().filter(|c| is_blank(*c) || !is_invisible(*c)).collect();
    let text = without_unit(visible.trim_matches(is_blank), units);
    if text.is_empty() {
        return Ok(None);
    }
    let is_sign = |c: char| matches!(c, '-' | '\u{2212}' | '+');
    let (sign, unsigned) = text.strip_prefix(is_sign).map_or(("", text), |rest| (&text[..text.len() - rest.len()], rest));
    let whole = whole_part(&with_zeros(unsigned), convention)?;
    let sign = if matches!(sign, "" | "+") { "" } else { "-" };
    // The digits are digits: only their number can be wrong.
    format!("{sign}{whole}").parse().map(Some).map_err(|_| NumberError::TooLarge)
}

fn without_unit<'a>(text: &'a str, units: &[&str]) -> &'a str {
    let before = |unit: &&str| text.get(..unit.len()).filter(|start| start.eq_ignore_ascii_case(unit)).map(|_| &text[unit.len()..]);
    let behind = |unit: &&str| {
        let at = text.len().checked_sub(unit.len())?;
        text.get(at..).filter(|end| end.eq_ignore_ascii_case(unit)).map(|_| &text[..at])
    };
    let bare = units.iter().find_map(before).or_else(|| units.iter().find_map(behind));
    bare.map_or(text, |bare| bare.trim_matches(is_blank))
}

/// Writes the dash that stands for no cents as zeros: `5.000,-`.
fn with_zeros(text: &str) -> Cow<'_, str> {
    let bare = text.trim_end_matches(['-', '\u{2013}', '\u{2014}']);
    if bare.len() < text.len() && bare.ends_with([',', '.']) { Cow::Owned(format!("{bare}00")) } else { Cow::Borrowed(text) }
}

/// The digits of the whole part.
fn whole_part(text: &str, convention: Convention) -> Result<String, NumberError> {
    let mut groups = vec![String::new()];
    let mut separators = Vec::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            groups.last_mut().ok_or(NumberError::NotANumber)?.push(c);
        } else {
            separators.push(Separator::of(c).ok_or(NumberError::NotANumber)?);
            groups.push(String::new());
        }
    }
    if groups.iter().any(String::is_empty) {
        return Err(NumberError::NotANumber);
    }
    let Some(last) = separators.last().copied() else { return Ok(groups.concat()) };
    let is_grouped = are_thousands(&groups, &separators);
    let may_be_fraction = last.may_begin_fraction() && separators.iter().filter(|s| **s == last).count() == 1;
    if !may_be_fraction {
        return if is_grouped { Ok(groups.concat()) } else { Err(NumberError::Grouping) };
    }
    if is_grouped {
        return if last == convention.thousands() { Ok(groups.concat()) } else { Err(NumberError::Ambiguous) };
    }
    let fraction = groups.pop().unwrap_or_default();
    separators.pop();
    if !separators.is_empty() && !are_thousands(&groups, &separators) {
        return Err(NumberError::Grouping);
    }
    match fraction.len() {
        1 | 2 if fraction.bytes().all(|b| b == b'0') => Ok(groups.concat()),
        1 | 2 => Err(NumberError::Fraction),
        // `1,250.000`: three thousand-fold digits or three decimals.
        3 if !separators.is_empty() => Err(NumberError::Ambiguous),
        _ if groups[0].bytes().all(|b| b == b'0') => Err(NumberError::Fraction),
        _ => Err(NumberError::Grouping),
    }
}

/// Says whether the groups are thousands: three digits in each but the first, which has one to three and does not begin with 0; one
/// kind of separator.
fn are_thousands(groups: &[String], separators: &[Separator]) -> bool {
    let [first, rest @ ..] = groups else { return false };
    first.len() <= 3 && !first.starts_with('0') && rest.iter().all(|g| g.len() == 3) && separators.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests;
