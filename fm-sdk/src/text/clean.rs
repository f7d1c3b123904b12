use super::invisible::{BLACK_FLAG, is_blank, is_invisible, is_needed, is_subdivision, split_tags};
use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use std::borrow::Cow;

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();
const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// Cleans free text of one line, such as a person's name: NFC, invisible characters removed ([`is_invisible`]), runs of white space
/// and line breaks made one space, none at the ends.
///
/// Joiners stay where they change what is seen: in emoji sequences, and in scripts that need them.
///
/// ```
/// # use fm_sdk::text::clean_line;
/// assert_eq!(clean_line(" Ka\u{308}fer\u{202e} \n 1303 "), "Käfer 1303");
/// assert_eq!(clean_line("👨\u{200d}👩\u{200d}👧"), "👨\u{200d}👩\u{200d}👧");
/// ```
#[must_use]
pub fn clean_line(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(NFC.normalize(&single_line(&visible(text))).into_owned())
}

/// Cleans free text of many lines, such as a description: as [`clean_line`], but line breaks stay, as `\n`, and white space inside
/// stays as it is.
///
/// ```
/// # use fm_sdk::text::clean_lines;
/// assert_eq!(clean_lines("one\r\ntwo\u{2028}\tthree\u{200b}\0 "), "one\ntwo\n\tthree");
/// ```
#[must_use]
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    if text.split('\n').all(|line| line.is_empty() || line.chars().all(is_stable)) && text.trim() == text {
        return Cow::Borrowed(text);
    }
    Cow::Owned(NFC.normalize(visible(text).trim_matches(is_blank)).into_owned())
}

/// Cleans a value that is compared or counted, such as a model's name, so that no two of them look alike only because of ligatures,
/// widths, or characters that cannot be seen: NFKC, all invisible characters removed, white space as in [`clean_line`].
///
/// ```
/// # use fm_sdk::text::clean_label;
/// assert_eq!(clean_label("Ｇo\u{200b}lf\u{a0}ﬁve"), "Golf five");
/// ```
#[must_use]
pub fn clean_label(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && is_plain(text) && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    let visible: String = text.chars().map(|c| if is_blank(c) { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    Cow::Owned(NFKC.normalize(&single_line(&NFKC.normalize(&visible))).into_owned())
}

/// Removes what cannot be seen and is not needed; line breaks become `\n`.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\r' if rest.starts_with('\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push('\t'),
            BLACK_FLAG => {
                let (tags, behind) = split_tags(rest);
                out.push(c);
                out.push_str(if is_subdivision(tags) { tags } else { "" });
                rest = behind;
            }
            c if !is_invisible(c) || is_needed(&out, c, rest) => out.push(c),
            _ => {}
        }
    }
    out
}

fn single_line(text: &str) -> String {
    text.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Most text is: characters that no rule changes, and no white space at the ends.
fn is_plain(text: &str) -> bool {
    text.chars().all(is_stable) && !text.starts_with(' ') && !text.ends_with(' ')
}

/// Visible ASCII and Latin letters: below U+0300 nothing combines, and nothing but U+0080..U+00A0 and the soft hyphen is invisible.
fn is_stable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_and_bidirectional_controls_are_removed_from_all_forms() {
        let hidden = "\u{0}\u{1b}\u{7f}\u{90}\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206f}\u{3164}\u{feff}\u{fff9}\u{ffff}\u{e0041}\u{e01ef}";
        for c in hidden.chars() {
            let text = format!("Go{c}lf");
            assert_eq!((clean_line(&text), clean_lines(&text), clean_label(&text)), ("Golf".into(), "Golf".into(), "Golf".into()), "{c:?}");
        }
    }
    #[test]
    fn sequences_of_emoji_stay_whole_in_free_text() {
        for text in [
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}🔧",
            "🏳\u{fe0f}\u{200d}🌈",
            "1\u{fe0f}\u{20e3}",
            "🇩🇪",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "☎\u{fe0e}",
        ] {
            let text = format!("a {text} b");
            assert_eq!((clean_line(&text).as_ref(), clean_lines(&text).as_ref()), (text.as_str(), text.as_str()));
        }
    }
    #[test]
    fn joiners_stay_where_a_script_needs_them_and_go_where_they_hide() {
        for text in ["می\u{200c}خواهم", "ශ\u{dca}\u{200d}රී", "क\u{94d}\u{200c}ष"] {
            assert_eq!(clean_line(text), text);
        }
        for (text, clean) in [
            ("B\u{200d}MW", "BMW"),
            ("B\u{200c}MW", "BMW"),
            ("3\u{fe0f}er", "3er"),
            ("👨\u{200d}", "👨"),
            ("\u{200d}👨", "👨"),
            ("🏴\u{e0067}\u{e0062}", "🏴"),
            ("🏴\u{e007f}", "🏴"),
            ("a\u{e0067}\u{e007f}", "a"),
        ] {
            assert_eq!(clean_line(text), clean, "{text:?}");
        }
        let smuggled = format!("🏴{}\u{e007f}", "\u{e0061}".repeat(40));
        assert_eq!(clean_line(&smuggled), "🏴");
    }
    #[test]
    fn lines_survive_in_descriptions_only() {
        let text = "a\r\n\r\nb\rc\u{85}d\u{2029}e\u{b}f\tg  h";
        assert_eq!(clean_lines(text), "a\n\nb\nc\nd\ne\nf\tg  h");
        assert_eq!(clean_line(text), "a b c d e f g h");
        assert_eq!((clean_lines("\n "), clean_line("\u{a0}\u{2800}\u{3000}")), ("".into(), "".into()));
    }
    #[test]
    fn composed_and_decomposed_text_is_the_same() {
        assert_eq!((clean_line("Citroe\u{308}n"), clean_lines("Citroe\u{308}n")), ("Citroën".into(), "Citroën".into()));
        assert_eq!(clean_line("e\u{200b}\u{308}"), "ë", "what is between them is removed first");
        assert_eq!(clean_line("ﬁ ² ½"), "ﬁ ² ½", "free text keeps its letters");
    }
    #[test]
    fn labels_that_look_alike_are_equal() {
        for text in [
            "Golf GTI",
            "Golf\u{2003}GTI",
            "Golf  GTI\u{200b}",
            "\u{feff}Golf GTI",
            "Ｇｏｌｆ\u{3000}ＧＴＩ",
            "G\u{200d}olf GTI",
            "Golf G\u{ad}TI",
            " Golf\u{2800}GTI",
        ] {
            assert_eq!(clean_label(text), "Golf GTI", "{text:?}");
        }
    }
    proptest! {
        #[test]
        fn clean_text_stays_as_it_is(text in "\\PC{0,20}|[\\x00-\\x{2fff}\\x{fe00}-\\x{ffff}\\x{1f3f4}\\x{e0060}-\\x{e007f}👨🏽]{0,12}") {
            for clean in [clean_line, clean_lines, clean_label] {
                let once = clean(&text).into_owned();
                prop_assert_eq!(clean(&once), once.as_str());
            }
        }
        #[test]
        fn the_fast_path_gives_the_result_of_the_slow_one(text in "[ -~\\n\\t\u{a0}-\u{2ff}]{0,12}") {
            let visible = visible(&text);
            prop_assert_eq!(clean_line(&text), NFC.normalize(&single_line(&visible)).into_owned());
            prop_assert_eq!(clean_lines(&text), NFC.normalize(visible.trim_matches(is_blank)));
        }
    }
}
