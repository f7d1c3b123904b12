use super::{Item, makers::MAKERS};
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Model(String);

impl Model {
    /// The longest free text, in characters.
    pub const MAX: usize = 60;

    /// Reads a slug or free text; what is a known model's slug or label, in whatever case, becomes its slug.
    pub fn parse(maker: Maker, text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() || text.chars().count() > Self::MAX {
            return None;
        }
        let same = |s: &str| s.to_lowercase() == text.to_lowercase();
        let known = maker.models().into_iter().find(|m| same(m.value) || same(m.label));
        Some(Model(known.map_or(text, |m| m.value.to_owned())))
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
        for bad in ["", "  ", "\u{0}", &"x".repeat(61)] {
            assert_eq!(Model::parse(bmw, bad), None, "{bad:?}");
        }
    }
}
