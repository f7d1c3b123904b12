use super::{Item, makers::MAKERS};
use fm_sdk::text::{clean_label, search_key};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// One maker of the table.
pub(super) struct Entry {
    pub value: &'static str,
    pub label: &'static str,
    pub models: &'static [(&'static str, &'static str)],
}

/// The value of makers and models that have no entry of their own.
const OTHER: &str = "other";

/// Who built a car: a place in the table. In JSON its slug (`mercedes_benz`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Maker(u8);

impl Maker {
    /// Reads a slug.
    pub fn parse(text: &str) -> Option<Self> {
        MAKERS.iter().position(|m| m.value == text).map(|i| Maker(i as u8))
    }
    /// All makers, by slug, `other` last.
    pub fn all() -> impl ExactSizeIterator<Item = Maker> {
        (0..MAKERS.len()).map(|i| Maker(i as u8))
    }
    fn entry(self) -> &'static Entry {
        &MAKERS[usize::from(self.0)]
    }
    /// The slug.
    pub fn value(self) -> &'static str {
        self.entry().value
    }
    /// What people write.
    pub fn label(self) -> &'static str {
        self.entry().label
    }
    /// 1 for the first of all.
    pub fn code(self) -> u8 {
        self.0 + 1
    }
    /// The maker of a code.
    pub fn of_code(code: u8) -> Option<Self> {
        code.checked_sub(1).filter(|i| usize::from(*i) < MAKERS.len()).map(Maker)
    }
    /// Whether the maker has no entry of its own.
    pub fn is_other(self) -> bool {
        self.value() == OTHER
    }
    /// The known models, `other` last.
    pub fn models(self) -> Vec<Item> {
        let known = self.entry().models.iter().map(|&(value, label)| Item { value, label });
        known.chain([Item { value: OTHER, label: "Other" }]).collect()
    }
    /// All makers as a catalogue list.
    pub fn catalogue() -> Vec<Item> {
        MAKERS.iter().map(|m| Item { value: m.value, label: m.label }).collect()
    }
}

impl Serialize for Maker {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.value())
    }
}
impl<'de> Deserialize<'de> for Maker {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Maker::parse(&text).ok_or_else(|| D::Error::custom(format!("unknown maker {text}")))
    }
}

/// A model: a slug of its maker's list, or free text of 1 to 60 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Model(String);

impl Model {
    /// The longest free text, in characters.
    pub const MAX: usize = 60;

    /// Reads a slug or free text; what is a known model's slug or label, in whatever spelling, becomes its slug.
    pub fn parse(maker: Maker, text: &str) -> Option<Self> {
        let text = clean_label(text);
        if text.is_empty() || text.chars().count() > Self::MAX {
            return None;
        }
        let models = maker.entry().models;
        let known = models.iter().find(|m| m.0 == text).or_else(|| {
            let key = search_key(&text);
            models.iter().find(|m| search_key(m.0) == key || search_key(m.1) == key)
        });
        // Without an entry of its own in the table.
        let other = || Some(OTHER).filter(|o| o.eq_ignore_ascii_case(&text));
        Some(Model(known.map(|m| m.0).or_else(other).map_or_else(|| text.into_owned(), str::to_owned)))
    }
    /// Takes what the store has: a slug or free text, cleaned again, since it may be older than a rule; `None` if nothing of it is left.
    pub(crate) fn stored(text: &str) -> Option<Self> {
        let text = clean_label(text);
        (!text.is_empty()).then(|| Model(text.into_owned()))
    }
    /// The slug, or the free text.
    pub fn value(&self) -> &str {
        &self.0
    }
    /// What people write; `None` for `other`, which says nothing.
    pub fn label(&self, maker: Maker) -> Option<&str> {
        if self.0 == OTHER {
            return None;
        }
        let known = maker.entry().models.iter().find(|m| m.0 == self.0);
        Some(known.map_or(self.0.as_str(), |m| m.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_forty_makers_with_unique_slugs_and_models() {
        let slugs: BTreeSet<_> = Maker::all().map(Maker::value).collect();
        assert_eq!((slugs.len(), Maker::all().len()), (40, 40));
        for maker in Maker::all() {
            assert_eq!(Maker::parse(maker.value()), Some(maker));
            assert_eq!(Maker::of_code(maker.code()), Some(maker));
            let models = maker.models();
            assert_eq!(models.iter().map(|m| m.value).collect::<BTreeSet<_>>().len(), models.len(), "{}", maker.value());
            for model in models {
                assert_eq!(Model::parse(maker, model.value).unwrap().value(), model.value);
                assert_eq!(Model::parse(maker, model.label).unwrap().value(), model.value, "{}", model.label);
            }
        }
        assert_eq!((Maker::of_code(0), Maker::of_code(41), Maker::parse("VW")), (None, None, None));
    }
    #[test]
    fn a_model_is_known_by_slug_or_label_and_else_kept_as_text() {
        let bmw = Maker::parse("bmw").unwrap();
        for text in ["3er", "3ER", " 3   series "] {
            assert_eq!(Model::parse(bmw, text).unwrap().value(), "3er", "{text}");
        }
        assert_eq!(Model::parse(bmw, "3er").unwrap().label(bmw), Some("3 Series"));
        assert_eq!(Model::parse(bmw, " Isetta  250 ").unwrap().label(bmw), Some("Isetta 250"));
        assert_eq!(Model::parse(bmw, "other").unwrap().label(bmw), None);
        assert_eq!(Model::parse(bmw, "a\u{0}\tb").unwrap().value(), "a b");
        let volkswagen = Maker::parse("volkswagen").unwrap();
        for text in ["Käfer", "KA\u{308}FER", "Kaefer", "kafer", "Kä\u{200b}fer"] {
            assert_eq!(Model::parse(volkswagen, text).unwrap().value(), "kaefer", "{text}");
        }
        for bad in ["", "  ", "\u{0}", "\u{200b}\u{202e}", &"x".repeat(61)] {
            assert_eq!(Model::parse(bmw, bad), None, "{bad:?}");
        }
    }
    #[test]
    fn models_that_look_alike_are_equal() {
        let bmw = Maker::parse("bmw").unwrap();
        for text in ["Isetta", "I\u{200b}setta", "\u{202e}Isetta", "Iset\u{ad}ta", "Ｉｓｅｔｔａ", "Isetta\u{fe0f}"] {
            assert_eq!(Model::parse(bmw, text).unwrap().value(), "Isetta", "{text:?}");
            assert_eq!(Model::stored(text).unwrap().value(), "Isetta", "{text:?}");
        }
        assert_eq!(Model::stored("\u{200b}"), None);
    }
}
