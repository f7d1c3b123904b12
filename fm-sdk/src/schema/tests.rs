use super::of;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    id: uuid::Uuid,
    price: i64,
    year: u16,
    lat: f64,
    new: bool,
    status: Option<Status>,
    #[serde(default)]
    options: Vec<String>,
    pictures: Vec<Picture>,
    #[serde(skip_deserializing)]
    note: String,
    #[serde(rename = "a/b~c", alias = "abc")]
    odd: Option<Picture>,
    any: Value,
    by_name: BTreeMap<u8, bool>,
    pair: (u8, String),
    #[serde(with = "time::serde::rfc3339")]
    added: time::OffsetDateTime,
}

#[test]
fn a_struct_shows_types_limits_formats_and_what_is_required() {
    let picture = json!({
        "title": "Picture", "type": "object", "required": ["key"],
        "properties": {"key": {"type": "string"}, "width": {"type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX}},
    });
    let byte = json!({"type": "integer", "minimum": 0, "maximum": 255});
    let expected = json!({
        "title": "Car", "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "price": {"type": "integer"},
            "year": {"type": "integer", "minimum": 0, "maximum": 65535},
            "lat": {"type": "number"},
            "new": {"type": "boolean"},
            "status": {"anyOf": [{"title": "Status", "type": "string", "enum": ["listed", "sold"]}, {"type": "null"}]},
            "options": {"type": "array", "items": {"type": "string"}},
            "pictures": {"type": "array", "items": picture},
            "a/b~c": {"anyOf": [picture, {"type": "null"}]},
            "any": {},
            "by_name": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "pair": {"type": "array", "items": [byte, {"type": "string"}], "minItems": 2, "maxItems": 2},
            "added": {"type": "string", "format": "date-time"},
        },
        "required": ["id", "price", "year", "lat", "new", "pictures", "any", "by_name", "pair", "added"],
    });
    assert_eq!(of::<Car>(), expected);
}

#[test]
fn every_variant_of_an_enum_is_shown_with_what_it_requires() {
    #[derive(Serialize, Deserialize)]
    enum Shape {
        Point,
        Circle(Option<u8>),
        Square {
            side: u8,
            #[serde(default)]
            status: Vec<Status>,
        },
    }
    let byte = |kind: Value| json!({"type": kind, "minimum": 0, "maximum": 255});
    let variant = |name: &str, content: Value| json!({"type": "object", "properties": {name: content}, "required": [name], "additionalProperties": false});
    let status = json!({"title": "Status", "type": "string", "enum": ["listed", "sold"]});
    let square = json!({"type": "object", "properties": {"side": byte(json!("integer")), "status": {"type": "array", "items": status}}, "required": ["side"]});
    let expected = json!({"title": "Shape", "oneOf": [
        {"const": "Point"}, variant("Circle", byte(json!(["integer", "null"]))), variant("Square", square),
    ]});
    assert_eq!(of::<Shape>(), expected);
}

#[test]
fn a_type_that_refuses_unknown_fields_is_closed() {
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {}
    assert_eq!(of::<Closed>(), json!({"title": "Closed", "type": "object", "properties": {}, "additionalProperties": false}));
}

#[test]
fn a_type_that_holds_itself_ends() {
    #[derive(Serialize, Deserialize)]
    struct Tree {
        name: String,
        left: Option<Box<Tree>>,
        children: Vec<Tree>,
    }
    let schema = of::<Tree>();
    assert_eq!(schema["required"], json!(["name", "children"]));
    assert_eq!(schema["properties"]["children"]["items"]["properties"]["name"]["type"], "string");
    assert_eq!(schema.get("$comment"), None);
}

#[test]
fn a_type_that_refuses_every_sample_says_that_its_schema_is_incomplete() {
    #[derive(Debug)]
    struct Even;
    impl<'de> Deserialize<'de> for Even {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let n = u8::deserialize(deserializer)?;
            if n % 2 == 0 { Ok(Even) } else { Err(serde::de::Error::custom(format!("{n} is odd"))) }
        }
    }
    #[derive(Deserialize)]
    struct Holder {
        #[expect(dead_code)]
        even: Even,
    }
    let schema = of::<Holder>();
    assert_eq!(schema["properties"]["even"]["type"], "integer");
    assert_eq!(schema["$comment"], "incomplete: the type refuses every sample (1 is odd)");
}

#[test]
fn a_reply_without_fields_has_the_schema_of_its_type() {
    assert_eq!(of::<bool>(), json!({"type": "boolean"}));
    assert_eq!(of::<()>(), json!({"type": "null"}));
    assert_eq!(of::<Option<String>>(), json!({"type": ["string", "null"]}));
}
