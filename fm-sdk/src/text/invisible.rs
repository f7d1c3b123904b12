use icu_properties::props::{
    BinaryProperty, CanonicalCombiningClass, DefaultIgnorableCodePoint, EmojiModifier, EnumeratedProperty, ExtendedPictographic,
    GeneralCategory, JoiningType, NoncharacterCodePoint, PrependedConcatenationMark,
};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
pub(super) const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';

/// Says whether a character shows nothing itself or steers how others are shown: controls, line and paragraph separators, format and
/// bidirectional controls (General_Category Cc, Zl, Zp, Cf), whatever is Default_Ignorable_Code_Point, and noncharacters.
///
/// White space other than controls is not invisible; neither are the Arabic signs that enclose a number, although they are Cf.
///
/// ```
/// # use fm_sdk::text::is_invisible;
/// assert!(['\u{200b}', '\u{202e}', '\u{ad}', '\u{3164}', '\n'].into_iter().all(is_invisible));
/// assert!(![' ', 'a', 'é', '\u{600}'].into_iter().any(is_invisible));
/// ```
#[must_use]
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    DefaultIgnorableCodePoint::for_char(c)
        || match GeneralCategory::for_char(c) {
            GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => true,
            GeneralCategory::Format => !PrependedConcatenationMark::for_char(c),
            GeneralCategory::Unassigned => NoncharacterCodePoint::for_char(c),
            _ => false,
        }
}

/// Says whether a character is white space, or looks like it (the empty Braille pattern).
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Says whether an invisible character changes what is seen where it stands: in a sequence of emoji (UTS #51), or between letters whose
/// script needs it (RFC 5892, appendix A).
pub(super) fn is_needed(before: &str, c: char, after: &str) -> bool {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    match c {
        ZERO_WIDTH_JOINER => follows_virama(last) || (ends_emoji(last) && next.is_some_and(ExtendedPictographic::for_char)),
        ZERO_WIDTH_NON_JOINER => follows_virama(last) || breaks_a_cursive_join(before, after),
        TEXT_STYLE | EMOJI_STYLE => last.is_some_and(ExtendedPictographic::for_char) || next == Some(KEYCAP),
        _ => false,
    }
}

/// Splits the tag characters off with which a text begins.
pub(super) fn split_tags(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !matches!(c, '\u{e0020}'..='\u{e007f}')).unwrap_or(text.len()))
}

/// Says whether tags behind [`BLACK_FLAG`] can name a part of a country, as those of Scotland's flag do (UTS #51, ED-14a). Longer ones
/// would hide text.
pub(super) fn is_subdivision(tags: &str) -> bool {
    let is_code = |c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    tags.strip_suffix(CANCEL_TAG).is_some_and(|code| (3..=6).contains(&code.chars().count()) && code.chars().all(is_code))
}

fn ends_emoji(c: Option<char>) -> bool {
    c.is_some_and(|c| c == EMOJI_STYLE || ExtendedPictographic::for_char(c) || EmojiModifier::for_char(c))
}

fn follows_virama(c: Option<char>) -> bool {
    c.is_some_and(|c| CanonicalCombiningClass::for_char(c) == CanonicalCombiningClass::Virama)
}

/// `(Joining_Type:{L,D})(Joining_Type:T)*` before and `(Joining_Type:T)*(Joining_Type:{R,D})` behind.
fn breaks_a_cursive_join(before: &str, after: &str) -> bool {
    let joins = |c: char| Some(JoiningType::for_char(c)).filter(|t| *t != JoiningType::Transparent);
    let left = before.chars().rev().find_map(joins);
    let right = after.chars().find_map(joins);
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}
