use super::{
    Convention::{English, German},
    NumberError::{self, Ambiguous, Fraction, Grouping, NotANumber, TooLarge},
    *,
};
use proptest::prelude::*;

const UNITS: &[&str] = &["€", "EUR", "km"];

#[test]
fn a_number_that_has_one_meaning_is_read_in_both_conventions() {
    for (text, number) in [
        ("12500", 12_500),
        ("0", 0),
        ("007", 7),
        ("1.250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("1 250 000", 1_250_000),
        ("1\u{a0}250\u{a0}000", 1_250_000),
        ("1\u{202f}250 000", 1_250_000),
        ("1'250'000", 1_250_000),
        ("1’250’000", 1_250_000),
        ("12.500,00", 12_500),
        ("12,500.00", 12_500),
        ("12 500,00", 12_500),
        ("12'500.0", 12_500),
        ("1.250.000,00", 1_250_000),
        ("5000,00", 5_000),
        ("5000.0", 5_000),
        ("0,0", 0),
        ("12.500,-", 12_500),
        ("12.500,–", 12_500),
        ("5000.--", 5_000),
        ("€ 5000", 5_000),
        ("5000 eur", 5_000),
        ("150000KM", 150_000),
        ("\u{a0}5000\u{202f}€ ", 5_000),
        ("5\u{200b}000\u{202c}", 5_000),
        ("-3", -3),
        ("−3", -3),
        ("+3", 3),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!((parse_whole(text, English, UNITS), parse_whole(text, German, UNITS)), (Ok(Some(number)), Ok(Some(number))), "{text:?}");
    }
    for text in ["", " \u{a0}\n", "€", " km "] {
        assert_eq!((parse_whole(text, English, UNITS), parse_whole(text, German, UNITS)), (Ok(None), Ok(None)), "{text:?}");
    }
}
#[test]
fn one_separator_before_three_digits_is_read_by_the_convention_or_refused() {
    for (text, number) in [("12.500", 12_500), ("1.000", 1_000), ("150.000", 150_000), ("-5.000", -5_000), ("5.000 €", 5_000)] {
        let other = text.replace('.', ",");
        assert_eq!((parse_whole(text, German, UNITS), parse_whole(text, English, UNITS)), (Ok(Some(number)), Err(Ambiguous)), "{text}");
        assert_eq!(
            (parse_whole(&other, English, UNITS), parse_whole(&other, German, UNITS)),
            (Ok(Some(number)), Err(Ambiguous)),
            "{other}"
        );
    }
}
#[test]
fn text_that_is_no_whole_number_is_refused_with_its_reason() {
    for (text, reason) in [
        ("5000,50", Fraction),
        ("123,4", Fraction),
        ("1.5", Fraction),
        ("12.50", Fraction),
        ("12.500,50", Fraction),
        ("12 500.5", Fraction),
        ("0.500", Fraction),
        ("0,5", Fraction),
        ("00.500", Fraction),
        ("1,250.000", Ambiguous),
        ("1 250.000", Ambiguous),
        ("12.50.00", Grouping),
        ("1,23,456", Grouping),
        ("12,34,567.00", Grouping),
        ("1.2345", Grouping),
        ("5000.500", Grouping),
        ("5000.000", Grouping),
        ("1.250 000", Grouping),
        ("1 2 3", Grouping),
        ("12 50", Grouping),
        ("0.500.000", Grouping),
        ("1234 567", Grouping),
        ("1'25", Grouping),
        ("1,000,00", Grouping),
        ("1..000", NotANumber),
        ("1  000", NotANumber),
        (".500", NotANumber),
        ("500.", NotANumber),
        (",", NotANumber),
        ("-", NotANumber),
        (",-", NotANumber),
        ("5000-", NotANumber),
        ("--5", NotANumber),
        ("- 5", NotANumber),
        ("5e3", NotANumber),
        ("1e9", NotANumber),
        ("0x10", NotANumber),
        ("١٢٥٠٠", NotANumber),
        ("１２５００", NotANumber),
        ("5²", NotANumber),
        ("½", NotANumber),
        ("VB", NotANumber),
        ("5000 $", NotANumber),
        ("5000 km km", NotANumber),
        ("1_000", NotANumber),
        ("5000/6000", NotANumber),
        ("NaN", NotANumber),
        ("9223372036854775808", TooLarge),
        ("99.999.999.999.999.999.999", TooLarge),
    ] {
        assert_eq!((parse_whole(text, English, UNITS), parse_whole(text, German, UNITS)), (Err(reason), Err(reason)), "{text:?}");
    }
}
#[test]
fn every_reason_is_told_in_words() {
    for reason in [NotANumber, Fraction, Ambiguous, Grouping, TooLarge] {
        assert!(!reason.to_string().is_empty());
    }
}

fn grouped(n: i64, separator: &str) -> String {
    let digits = n.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
    groups.join(separator)
}
proptest! {
    #[test]
    fn a_number_round_trips_however_it_is_written(n in prop_oneof![0_i64..2_000_000, 0..=i64::MAX]) {
        for (convention, thousands, fraction) in [(English, ",", ".00"), (German, ".", ",00")] {
            for separator in ["", thousands, " ", "\u{a0}", "'"] {
                prop_assert_eq!(parse_whole(&grouped(n, separator), convention, UNITS), Ok(Some(n)));
                prop_assert_eq!(parse_whole(&format!("{}{fraction} €", grouped(n, separator)), convention, UNITS), Ok(Some(n)));
            }
        }
    }
    #[test]
    fn no_text_is_read_as_two_numbers_or_with_other_digits(text in "[0-9.,' \u{a0}+€km-]{0,14}|[1-9][0-9]{0,2}([.,' ][0-9]{1,4}){0,4}|\\PC{0,8}") {
        let (english, german) = (parse_whole(&text, English, UNITS), parse_whole(&text, German, UNITS));
        if let (Ok(a), Ok(b)) = (english, german) {
            prop_assert_eq!(a, b);
        }
        for read in [english, german].into_iter().flatten() {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let significant = digits.trim_start_matches('0');
            match read.map(i64::unsigned_abs) {
                None => prop_assert_eq!(digits, ""),
                Some(0) => prop_assert_eq!(significant, ""),
                Some(n) => {
                    let fraction = significant.strip_prefix(&n.to_string()).map(|rest| (rest.len() <= 2, rest.trim_matches('0')));
                    prop_assert_eq!(fraction, Some((true, "")), "{}", n);
                }
            }
        }
    }
    #[test]
    fn a_reason_is_the_same_for_the_mirrored_text_and_convention(text in "[0-9.,]{0,10}") {
        let mirrored: String = text.chars().map(|c| match c { '.' => ',', ',' => '.', c => c }).collect();
        let read: Result<_, NumberError> = parse_whole(&text, English, UNITS);
        prop_assert_eq!(read, parse_whole(&mirrored, German, UNITS));
    }
}
