//! A deserializer that has no input: it gives a type a sample of whatever it asks for, and notes what that was.

use super::shape::{Content, Field, Shape, Struct, Text, Variant};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// How often a type may be read until all its variants were.
const MAX_PASSES: usize = 500;
/// How deep a type may be nested.
const MAX_DEPTH: usize = 32;

/// The first string is for types that take any; a type that parses its text takes one of the others.
const TEXTS: [Text; 9] = [
    Text { sample: "text", format: None },
    Text { sample: "2000-01-01T00:00:00Z", format: Some("date-time") },
    Text { sample: "2000-01-01", format: Some("date") },
    Text { sample: "00000000-0000-4000-8000-000000000000", format: Some("uuid") },
    Text { sample: "https://example.org/", format: Some("uri") },
    Text { sample: "a@example.org", format: Some("email") },
    Text { sample: "127.0.0.1", format: Some("ipv4") },
    Text { sample: "1", format: None },
    Text { sample: "", format: None },
];

/// What is tried where a type takes anything.
fn anything(attempt: usize) -> Option<Value> {
    [json!(null), json!("text"), json!(1), json!(true), json!({}), json!([])].into_iter().nth(attempt)
}

/// Reads a type again and again: with another sample where it refused one, with another variant of each enum.
#[derive(Default)]
pub(super) struct Passes {
    pub shape: Shape,
    notes: Notes,
}

#[derive(Default)]
struct Notes {
    /// Which sample a place gets, where it is not the first.
    attempts: BTreeMap<String, usize>,
    /// Names of fields that are other names of fields.
    aliases: BTreeSet<String>,
    /// The last place that got a sample which may be refused.
    last: String,
    last_key: String,
}

impl Passes {
    /// Gives why the type refuses all samples, if it does.
    pub fn run<T: DeserializeOwned>(&mut self) -> Option<String> {
        for _ in 0..MAX_PASSES {
            let reader = Reader { shape: &mut self.shape, notes: &mut self.notes, at: String::new(), within: Vec::new() };
            match T::deserialize(reader) {
                Ok(_) if !self.shape.has_unread() => return None,
                Ok(_) => {}
                Err(Refused { duplicate: true, .. }) => drop(self.notes.aliases.insert(std::mem::take(&mut self.notes.last_key))),
                Err(e) => {
                    let attempt = self.notes.attempts.entry(self.notes.last.clone()).or_default();
                    *attempt += 1;
                    if *attempt >= TEXTS.len() {
                        return Some(e.message);
                    }
                }
            }
        }
        Some(format!("it has more than {MAX_PASSES} variants"))
    }
}

#[derive(Debug)]
struct Refused {
    message: String,
    duplicate: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Refused {}
impl de::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Refused { message: message.to_string(), duplicate: false }
    }
    fn duplicate_field(field: &'static str) -> Self {
        Refused { message: format!("duplicate field {field}"), duplicate: true }
    }
}

/// One place of a type.
struct Reader<'a> {
    shape: &'a mut Shape,
    notes: &'a mut Notes,
    at: String,
    /// The named types around it.
    within: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// A place below.
    fn below(shape: &'a mut Shape, notes: &'a mut Notes, at: &str, step: &str, within: &[&'static str]) -> Self {
        Reader { shape, notes, at: format!("{at}/{step}"), within: within.to_vec() }
    }
    fn is_recursive(&self) -> bool {
        let all: BTreeSet<_> = self.within.iter().collect();
        all.len() < self.within.len()
    }
    fn enter(&mut self, name: &'static str) -> Result<(), Refused> {
        if self.within.len() > MAX_DEPTH {
            return Err(de::Error::custom("it is nested too deep"));
        }
        if !name.is_empty() {
            self.within.push(name);
        }
        Ok(())
    }
    /// Remembers that what comes now may be refused, and says how often it was.
    fn attempt(&mut self) -> usize {
        self.notes.last.clone_from(&self.at);
        self.notes.attempts.get(&self.at).copied().unwrap_or_default()
    }
    fn integer<T>(&mut self, min: Option<i64>, max: Option<u64>, sample: T) -> T {
        self.attempt();
        self.shape.content = Content::Integer { min, max };
        sample
    }
}

macro_rules! integers {
    ($($deserialize:ident $visit:ident $type:ty, $min:expr, $max:expr;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
            let sample: $type = self.integer($min, $max, 1);
            visitor.$visit(sample)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Refused;

    integers! {
        deserialize_i8 visit_i8 i8, Some(i8::MIN.into()), Some(i8::MAX as u64);
        deserialize_i16 visit_i16 i16, Some(i16::MIN.into()), Some(i16::MAX as u64);
        deserialize_i32 visit_i32 i32, Some(i32::MIN.into()), Some(i32::MAX as u64);
        deserialize_i64 visit_i64 i64, None, None;
        deserialize_i128 visit_i128 i128, None, None;
        deserialize_u8 visit_u8 u8, Some(0), Some(u8::MAX.into());
        deserialize_u16 visit_u16 u16, Some(0), Some(u16::MAX.into());
        deserialize_u32 visit_u32 u32, Some(0), Some(u32::MAX.into());
        deserialize_u64 visit_u64 u64, Some(0), None;
        deserialize_u128 visit_u128 u128, Some(0), None;
    }
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.shape.content = Content::Boolean;
        visitor.visit_bool(true)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.attempt();
        self.shape.content = Content::Number;
        visitor.visit_f64(1.5)
    }
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.shape.content = Content::Text(Text { sample: "a", format: None });
        visitor.visit_char('a')
    }
    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let text = TEXTS[self.attempt()];
        self.shape.content = Content::Text(text);
        visitor.visit_str(text.sample)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        // As serde_json writes bytes.
        let byte = Shape { content: Content::Integer { min: Some(0), max: Some(u8::MAX.into()) }, nullable: false };
        self.shape.content = Content::List(Box::new(byte));
        visitor.visit_byte_buf(vec![1])
    }
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        let Some(sample) = anything(self.attempt()) else { return Err(de::Error::custom("it takes none of the samples")) };
        self.shape.content = Content::Any(sample.clone());
        sample.into_deserializer().deserialize_any(visitor).map_err(|e: serde_json::Error| de::Error::custom(e))
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.shape.content = Content::Any(Value::Null);
        visitor.visit_unit()
    }
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.shape.content = Content::Null;
        visitor.visit_unit()
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.shape.nullable = true;
        if self.is_recursive() {
            self.shape.content = Content::Any(Value::Null);
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if !matches!(self.shape.content, Content::List(_)) {
            self.shape.content = Content::List(Box::default());
        }
        let count = usize::from(!self.is_recursive());
        let Reader { shape, notes, at, within } = self;
        let Content::List(element) = &mut shape.content else { return Err(de::Error::custom("not a list")) };
        visitor.visit_seq(Elements { shapes: std::slice::from_mut(&mut **element)[..count].iter_mut(), notes, at, within, index: 0 })
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        if !matches!(self.shape.content, Content::Tuple(_)) {
            self.shape.content = Content::Tuple(vec![Shape::default(); len]);
        }
        let Reader { shape, notes, at, within } = self;
        let Content::Tuple(elements) = &mut shape.content else { return Err(de::Error::custom("not a tuple")) };
        visitor.visit_seq(Elements { shapes: elements.iter_mut(), notes, at, within, index: 0 })
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_tuple(len, visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if !matches!(self.shape.content, Content::Map { .. }) {
            self.shape.content = Content::Map { key: Box::default(), value: Box::default() };
        }
        let left = usize::from(!self.is_recursive());
        let Reader { shape, notes, at, within } = self;
        let Content::Map { key, value } = &mut shape.content else { return Err(de::Error::custom("not a map")) };
        visitor.visit_map(Entries { key, value, notes, at, within, left })
    }
    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter(name)?;
        if !matches!(self.shape.content, Content::Struct(_)) {
            self.shape.content = Content::Struct(Struct { name, ..Struct::default() });
        }
        let Reader { shape, notes, at, within } = self;
        let Content::Struct(object) = &mut shape.content else { return Err(de::Error::custom("not a struct")) };
        visitor.visit_map(Fields { names: fields.iter(), object, notes, at, within, current: None })
    }
    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter(name)?;
        if !matches!(self.shape.content, Content::Enum { .. }) {
            let variants = variants.iter().map(|name| Variant { name, shape: Shape::default(), read: false }).collect();
            self.shape.content = Content::Enum { name, variants };
        }
        let is_recursive = self.is_recursive();
        let Reader { shape, notes, at, within } = self;
        let Content::Enum { variants, .. } = &mut shape.content else { return Err(de::Error::custom("not an enum")) };
        let unread = variants.iter().position(Variant::has_unread);
        let Some(variant) = variants.get_mut(unread.unwrap_or(0)) else { return Err(de::Error::custom("it has no variant")) };
        variant.read = true;
        let read = visitor.visit_enum(OneVariant { variant, notes, at, within });
        if is_recursive {
            shape.content = Content::Any(shape.sample());
        }
        read
    }
}

struct Elements<'a> {
    shapes: std::slice::IterMut<'a, Shape>,
    notes: &'a mut Notes,
    at: String,
    within: Vec<&'static str>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some(shape) = self.shapes.next() else { return Ok(None) };
        let step = self.index.to_string();
        self.index += 1;
        seed.deserialize(Reader::below(shape, self.notes, &self.at, &step, &self.within)).map(Some)
    }
}

struct Entries<'a> {
    key: &'a mut Shape,
    value: &'a mut Shape,
    notes: &'a mut Notes,
    at: String,
    within: Vec<&'static str>,
    left: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Reader::below(self.key, self.notes, &self.at, "{key}", &self.within)).map(Some)
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        seed.deserialize(Reader::below(self.value, self.notes, &self.at, "*", &self.within))
    }
}

struct Fields<'a> {
    names: std::slice::Iter<'static, &'static str>,
    object: &'a mut Struct,
    notes: &'a mut Notes,
    at: String,
    within: Vec<&'static str>,
    current: Option<&'static str>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let name = loop {
            let Some(name) = self.names.next() else { return Ok(None) };
            if !self.notes.aliases.contains(&format!("{}/{name}", self.at)) {
                break *name;
            }
            self.object.fields.retain(|f| f.name != *name);
        };
        self.current = Some(name);
        self.notes.last_key = format!("{}/{name}", self.at);
        seed.deserialize(name.into_deserializer()).map(Some)
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        let name = self.current.take().unwrap_or_default();
        let known = self.object.fields.iter().position(|f| f.name == name);
        let at = known.unwrap_or(self.object.fields.len());
        if known.is_none() {
            self.object.fields.push(Field { name, shape: Shape::default(), required: false });
        }
        seed.deserialize(Reader::below(&mut self.object.fields[at].shape, self.notes, &self.at, name, &self.within))
    }
}

struct OneVariant<'a> {
    variant: &'a mut Variant,
    notes: &'a mut Notes,
    at: String,
    within: Vec<&'static str>,
}

impl<'a, 'de> EnumAccess<'de> for OneVariant<'a> {
    type Error = Refused;
    type Variant = OneVariant<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Refused> {
        self.notes.last_key.clear();
        Ok((seed.deserialize(self.variant.name.into_deserializer())?, self))
    }
}

impl OneVariant<'_> {
    /// Reads what the variant holds.
    fn content<T>(self, read: impl FnOnce(Reader<'_>) -> Result<T, Refused>) -> Result<T, Refused> {
        let Variant { name, shape, .. } = self.variant;
        read(Reader::below(shape, self.notes, &self.at, name, &self.within))
    }
}

impl<'de> VariantAccess<'de> for OneVariant<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        self.variant.shape.content = Content::Null;
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        self.content(|reader| seed.deserialize(reader))
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.content(|reader| reader.deserialize_tuple(len, visitor))
    }
    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refused> {
        self.content(|reader| reader.deserialize_struct("", fields, visitor))
    }
}
