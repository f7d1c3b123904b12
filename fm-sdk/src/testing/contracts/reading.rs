//! What a type reads of a JSON value, found by changing a sample: each of its places is taken away and replaced by values of other types.
//! What the type then cannot read is required, what it still reads is accepted, and what changes nothing is not read.

use super::{
    kind::Kind,
    pact::{Combine, Matcher, Message, PathText, Rule},
    path::Path,
};
use crate::http::client::observer::Read;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is read at one place and below it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    /// A scalar that is accepted; of a container only its type counts.
    example: Value,
    kinds: BTreeSet<Kind>,
    /// It must be there.
    required: bool,
    fields: BTreeMap<String, Reading>,
    element: Option<Box<Reading>>,
}

impl Reading {
    /// What `T` reads of a sample; none if it cannot read what it wrote.
    pub fn of<T: Serialize + DeserializeOwned>(sample: &Value) -> Option<Self> {
        // From text, as the bodies of messages are.
        Self::by(&|value: &Value| serde_json::to_value(serde_json::from_str::<T>(&value.to_string()).ok()?).ok(), sample)
    }
    /// The same for a reader that gives what it makes of a value; none if it cannot read the sample.
    pub fn by(read: Read, sample: &Value) -> Option<Self> {
        Probe { sample, unchanged: read(sample)?, read }.visit("")
    }

    /// Both: what two samples have shown.
    pub fn merge(self, other: Self) -> Self {
        let mut fields = self.fields;
        for field in fields.iter_mut().filter(|(name, _)| !other.fields.contains_key(*name)) {
            field.1.required = false;
        }
        for (name, field) in other.fields {
            let merged = match fields.remove(&name) {
                Some(known) => known.merge(field),
                None => Reading { required: false, ..field },
            };
            fields.insert(name, merged);
        }
        let element = match (self.element, other.element) {
            (Some(a), Some(b)) => Some(Box::new(a.merge(*b))),
            (a, b) => a.or(b),
        };
        // Whichever test came first: the file is the same.
        let example = std::cmp::min_by_key(self.example, other.example, |e| (!Kind::of(e).is_container(), e.to_string()));
        let kinds = self.kinds.union(&other.kinds).copied().collect();
        Reading { example, kinds, required: self.required && other.required, fields, element }
    }

    /// As the message of a contract, and the paths that may be absent.
    pub fn to_message(&self) -> (Message, Vec<PathText>) {
        let (mut message, mut optional) = (Message::default(), Vec::new());
        message.contents.content = self.content();
        self.write(&Path::default(), &mut message.matching_rules.body, &mut optional);
        (message, optional)
    }
    fn content(&self) -> Value {
        match Kind::of(&self.example) {
            Kind::Object => self.fields.iter().map(|(name, field)| (name.clone(), field.content())).collect::<Map<_, _>>().into(),
            Kind::Array => self.element.iter().map(|e| e.content()).collect(),
            _ => self.example.clone(),
        }
    }
    fn write(&self, path: &Path, rules: &mut BTreeMap<PathText, Rule>, optional: &mut Vec<PathText>) {
        rules.insert(PathText(path.clone()), self.rule());
        if !self.required {
            optional.push(PathText(path.clone()));
        }
        for (name, field) in &self.fields {
            field.write(&path.field(name), rules, optional);
        }
        if let Some(element) = &self.element {
            element.write(&path.every(), rules, optional);
        }
    }
    fn rule(&self) -> Rule {
        let has = |kind| self.kinds.contains(&kind);
        let mut matchers = Vec::new();
        if has(Kind::Text) || has(Kind::Array) || has(Kind::Object) {
            matchers.push(Matcher::Type { min: None, max: None });
        }
        match (has(Kind::Integer), has(Kind::Decimal)) {
            (true, true) => matchers.push(Matcher::Number),
            (true, false) => matchers.push(Matcher::Integer),
            (false, true) => matchers.push(Matcher::Decimal),
            (false, false) => {}
        }
        matchers.extend(has(Kind::Boolean).then_some(Matcher::Boolean));
        matchers.extend(has(Kind::Null).then_some(Matcher::Null));
        let combine = if matchers.len() > 1 { Combine::Or } else { Combine::And };
        Rule { combine, matchers }
    }

    /// Back from a message that was written before.
    pub fn from_message(message: &Message, optional: &[PathText]) -> Self {
        Self::read_back(&Path::default(), &message.contents.content, &message.matching_rules.body, optional)
    }
    fn read_back(path: &Path, example: &Value, rules: &BTreeMap<PathText, Rule>, optional: &[PathText]) -> Self {
        let at = PathText(path.clone());
        let fields = example.as_object().into_iter().flatten();
        let fields = fields.map(|(name, v)| (name.clone(), Self::read_back(&path.field(name), v, rules, optional))).collect();
        let element = example.get(0).map(|v| Box::new(Self::read_back(&path.every(), v, rules, optional)));
        let mut kinds = BTreeSet::new();
        for matcher in rules.get(&at).iter().flat_map(|rule| &rule.matchers) {
            match matcher {
                Matcher::Number => kinds.extend([Kind::Integer, Kind::Decimal]),
                Matcher::Integer => kinds.extend([Kind::Integer]),
                Matcher::Decimal => kinds.extend([Kind::Decimal]),
                Matcher::Boolean => kinds.extend([Kind::Boolean]),
                Matcher::Null => kinds.extend([Kind::Null]),
                _ => kinds.extend([Kind::of(example)]),
            }
        }
        let required = !optional.contains(&at);
        let example = if Kind::of(example).is_container() { Kind::of(example).example() } else { example.clone() };
        Reading { example, kinds, required, fields, element }
    }
}

struct Probe<'a> {
    sample: &'a Value,
    /// What the type makes of the sample.
    unchanged: Value,
    read: Read<'a>,
}

impl Probe<'_> {
    /// What is read at a JSON pointer of the sample; none if nothing is, or if it is null and no type is known that it may have instead.
    fn visit(&self, at: &str) -> Option<Reading> {
        let value = self.sample.pointer(at)?;
        let own = Kind::of(value);
        let (mut accepted, mut is_read, mut example) = (BTreeSet::from([own]), at.is_empty(), value.clone());
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != own || !own.is_container()) {
            match self.read_with(at, kind.example()) {
                None => is_read = true,
                Some(outcome) => {
                    accepted.insert(kind);
                    is_read |= outcome != self.unchanged;
                    if kind == own {
                        example = kind.example(); // not the sample's own, which may be another in the next run
                    }
                }
            }
        }
        let removed = self.without(at);
        is_read |= removed.as_ref().is_some_and(|outcome| outcome.as_ref() != Some(&self.unchanged));
        if !is_read {
            return None;
        }
        let kinds = self.kinds(own, accepted);
        if own == Kind::Null {
            match kinds.iter().rfind(|kind| **kind != Kind::Null) {
                Some(kind) => example = kind.example(),
                None if !at.is_empty() => return None,
                None => {}
            }
        }
        if own.is_container() {
            example = own.example();
        }
        let below = |name: &str| self.visit(&format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")));
        let names = value.as_object().into_iter().flatten().map(|(name, _)| name);
        let fields = names.filter_map(|name| Some((name.clone(), below(name)?))).collect();
        let elements = 0..value.as_array().map_or(0, Vec::len);
        let element = elements.filter_map(|i| below(&i.to_string())).reduce(Reading::merge).map(Box::new);
        Some(Reading { example, kinds, required: removed.is_none_or(|outcome| outcome.is_none()), fields, element })
    }

    /// Which of the types that a place accepts are meant: an object with defaults only is read from an array too, and a place that takes
    /// anything is read by somebody who expects what it is now.
    fn kinds(&self, own: Kind, accepted: BTreeSet<Kind>) -> BTreeSet<Kind> {
        let or_null = |kind: Kind| [kind, Kind::Null].into_iter().filter(|k| *k == kind || accepted.contains(k)).collect();
        let scalars: BTreeSet<_> = accepted.iter().copied().filter(|kind| !kind.is_container()).collect();
        if own.is_container() || (own != Kind::Null && accepted.len() == Kind::ALL.len()) {
            or_null(own)
        } else if own != Kind::Null || scalars.len() > 1 {
            scalars
        } else {
            [Kind::Object, Kind::Array].into_iter().find(|kind| accepted.contains(kind)).map_or(scalars, or_null)
        }
    }

    fn read_with(&self, at: &str, value: Value) -> Option<Value> {
        let mut changed = self.sample.clone();
        *changed.pointer_mut(at)? = value;
        (self.read)(&changed)
    }
    /// What the type reads without a field; none for what is no field.
    fn without(&self, at: &str) -> Option<Option<Value>> {
        let (parent, name) = at.rsplit_once('/')?;
        let mut changed = self.sample.clone();
        changed.pointer_mut(parent)?.as_object_mut()?.remove(&name.replace("~1", "/").replace("~0", "~"))?;
        Some((self.read)(&changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Status {
        Listed,
        Sold,
    }

    #[derive(Serialize, Deserialize)]
    struct Picture {
        key: String,
        width: Option<u32>,
    }

    #[derive(Serialize, Deserialize)]
    struct Car {
        id: String,
        price: i64,
        lat: f64,
        new: bool,
        status: Status,
        image: Option<String>,
        #[serde(default)]
        options: Vec<String>,
        pictures: Vec<Picture>,
        #[serde(skip_deserializing)]
        note: String,
        #[serde(rename = "a/b~c")]
        odd: u8,
        any: Value,
    }

    fn car(image: Option<&str>) -> Value {
        let picture = Picture { key: "k".into(), width: None };
        let (id, image, note) = ("c7".into(), image.map(Into::into), String::new());
        let car = Car {
            id,
            price: 7,
            lat: 48.1,
            new: false,
            status: Status::Sold,
            image,
            options: vec![],
            pictures: vec![picture],
            note,
            odd: 3,
            any: json!([]),
        };
        serde_json::to_value(car).unwrap()
    }

    fn message(sample: &Value) -> (Message, Vec<String>) {
        let (message, optional) = Reading::of::<Car>(sample).unwrap().to_message();
        (message, optional.into_iter().map(String::from).collect())
    }

    #[test]
    fn what_a_type_reads_is_found_with_types_and_whether_it_is_required() {
        let (message, optional) = message(&car(None));
        let rules: BTreeMap<String, String> =
            message.matching_rules.body.iter().map(|(path, rule)| (path.0.to_string(), rule.to_string())).collect();
        let same = "of the example's type";
        let expected = [
            ("$", same),
            ("$.id", same),
            ("$.price", "integer"),
            ("$.lat", "number"),
            ("$.new", "boolean"),
            ("$.status", same),
            ("$.image", "of the example's type or null"),
            ("$.options", same),
            ("$.pictures", same),
            ("$.pictures[*]", same),
            ("$.pictures[*].key", same),
            ("$.pictures[*].width", "integer or null"),
            ("$['a/b~c']", "integer"),
            ("$.any", "of the example's type or null"),
        ];
        assert_eq!(rules, expected.map(|(path, rule)| (path.to_string(), rule.to_string())).into());
        assert_eq!(optional, ["$.image", "$.options", "$.pictures[*].width"]);
    }

    #[test]
    fn examples_are_the_same_in_every_run_and_only_what_has_no_other_keeps_the_sample() {
        let (message, _) = message(&car(None));
        let expected = json!({
            "id": "text", "price": 1, "lat": 1.5, "new": true, "status": "sold", "image": "text", "options": [],
            "pictures": [{"key": "text", "width": 1}], "a/b~c": 1, "any": [],
        });
        assert_eq!(message.contents.content, expected);
    }

    #[test]
    fn samples_are_merged_to_the_same_in_any_order_and_over_the_file() {
        let (a, mut b) = (car(None), car(Some("x")));
        b["options"] = json!(["abs"]);
        b["status"] = json!("listed");
        let [a, b] = [a, b].map(|sample| Reading::of::<Car>(&sample).unwrap());
        let merged = a.clone().merge(b.clone());
        assert_eq!(merged, b.merge(a.clone()));
        assert_eq!(merged.content()["options"], json!(["text"]));
        assert_eq!(merged.content()["status"], "listed");
        let (message, optional) = merged.to_message();
        assert_eq!(Reading::from_message(&message, &optional), merged);
        assert_eq!(merged.clone().merge(a), merged);
    }

    #[test]
    fn a_field_that_only_some_samples_have_is_optional() {
        #[derive(Serialize, Deserialize)]
        #[serde(tag = "kind")]
        enum Shape {
            Circle { radius: u32 },
            Square { side: u32 },
        }
        let [a, b] = [Shape::Circle { radius: 1 }, Shape::Square { side: 2 }].map(|s| Reading::of::<Shape>(&json!(s)).unwrap());
        assert!(a.fields["radius"].required && b.fields["side"].required);
        let both = a.merge(b);
        assert!(both.fields["kind"].required && !both.fields["radius"].required && !both.fields["side"].required);
    }

    #[test]
    fn a_reply_without_fields_is_read_by_its_type() {
        let (message, _) = Reading::of::<bool>(&json!(false)).unwrap().to_message();
        assert_eq!((message.contents.content, message.matching_rules.body.len()), (json!(true), 1));
        assert!(Reading::of::<()>(&json!(null)).is_some());
    }
}
