//! Places and radii: `in Berlin`, `50 km um Köln`, `near 10115`.

use super::{
    lexicon::{TYPO, UNFINISHED, mistakes},
    words::Word,
};
use crate::places::{self, Place};

/// What some words at the beginning say of a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Area {
    pub words: usize,
    pub place: Place,
    /// Whether the whole town is meant, or one of its postal codes.
    pub is_town: bool,
    pub radius: u32,
    pub cost: u32,
}

const BEFORE: [&str; 14] =
    ["in", "bei", "near", "nahe", "um", "around", "raum", "aus", "umkreis", "of", "von", "umgebung", "from", "close"];
const RADIUS_WORDS: [&str; 9] = ["im", "umkreis", "within", "radius", "von", "of", "um", "around", "innerhalb"];
/// Kilometres, if nothing is said.
const RADIUS: u32 = 50;
/// Words of a town's name, at most.
const NAME: usize = 4;
/// Postal codes of a town that is meant without a preposition.
const LARGE: usize = 3;
/// What it costs that no preposition says that it is a place.
const BARE: u32 = 2;
/// The same of a village: it is rather any other word.
const BARE_VILLAGE: u32 = 9;

/// Kilometres with the words around them: how many, and how many words.
fn radius(words: &[Word]) -> Option<(u32, usize)> {
    let before = words.iter().take_while(|w| RADIUS_WORDS.contains(&w.key.as_str())).count();
    let number = words.get(before)?.key.as_str();
    let (digits, glued) = number.strip_suffix("km").map_or((number, false), |digits| (digits, true));
    let km = digits.parse().ok().filter(|km| (1..=500).contains(km))?;
    let named = glued || words.get(before + 1).is_some_and(|w| matches!(w.key.as_str(), "km" | "kilometer" | "kilometers"));
    let used = before + if glued { 1 } else { 2 };
    let behind = words.get(used).is_some_and(|w| matches!(w.key.as_str(), "umkreis" | "radius"));
    named.then_some((km, used + usize::from(behind)))
}

/// All places that the words at the beginning may mean; `ends` says whether nothing follows them.
pub(super) fn read(words: &[Word]) -> Vec<Area> {
    let (km, start) = radius(words).map_or((None, 0), |(km, used)| (Some(km), used));
    let before = words[start..].iter().take_while(|w| BEFORE.contains(&w.key.as_str())).count();
    let (start, is_said) = (start + before, before > 0 || km.is_some());
    let mut found = Vec::new();
    for len in 1..=NAME.min(words.len().saturating_sub(start)) {
        let name = &words[start..start + len];
        let end = start + len;
        let is_last = end == words.len();
        let (behind, used) = if km.is_some() { (None, 0) } else { radius(&words[end..]).map_or((None, 0), |(km, used)| (Some(km), used)) };
        for (place, is_town, cost) in places(name, is_said || behind.is_some(), is_last) {
            found.push(Area { words: end + used, place, is_town, radius: km.or(behind).unwrap_or(RADIUS), cost });
        }
    }
    found
}

/// How many letters of a name are wrong.
fn spelling(name: &str, typed: &str) -> Option<u32> {
    mistakes(name, name.chars().count(), typed, typed.chars().count())
}

fn places(name: &[Word], is_said: bool, is_last: bool) -> Vec<(Place, bool, u32)> {
    let text = name.iter().map(|w| w.written.as_str()).collect::<Vec<_>>().join(" ");
    if let [code] = name
        && code.key.bytes().all(|b| b.is_ascii_digit())
    {
        let cost = if is_said { 0 } else { 1 };
        return places::of_code(&code.key).map(|place| (place, false, cost)).into_iter().collect();
    }
    let bare = |size: usize| match (is_said, size) {
        (true, _) => 0,
        (false, size) if size >= LARGE => BARE,
        (false, _) => BARE_VILLAGE,
    };
    let named = places::named(&text).filter(|named| named.is_whole || is_said || named.size >= LARGE);
    let mut all: Vec<(Place, bool, u32)> = named.map(|n| (n.place, true, bare(n.size))).into_iter().collect();
    let letters = text.chars().count();
    if letters >= 4 {
        all.extend(places::similar(&text, spelling).into_iter().map(|(n, wrong)| (n.place, true, bare(n.size) + wrong * TYPO)));
    }
    if is_last && letters >= 3 {
        all.extend(places::begins(&text, 3).into_iter().map(|n| (n.place, true, bare(n.size) + UNFINISHED)));
    }
    all
}
