//! What is known of a type while it is read.

use serde_json::{Map, Value, json};

/// A value of some type.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub content: Content,
    pub nullable: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Content {
    /// Not asked for.
    #[default]
    Unknown,
    /// Whatever comes: the sample is the one that was taken.
    Any(Value),
    Null,
    Boolean,
    Integer {
        min: Option<i64>,
        max: Option<u64>,
    },
    Number,
    Text(Text),
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Map {
        key: Box<Shape>,
        value: Box<Shape>,
    },
    Struct(Struct),
    Enum {
        name: &'static str,
        variants: Vec<Variant>,
    },
}

/// A sample of a string that a type takes, and its format (JSON Schema Validation, section 7.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub sample: &'static str,
    pub format: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Struct {
    pub name: &'static str,
    pub fields: Vec<Field>,
    /// A field that is not known is refused.
    pub closed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub name: &'static str,
    /// What it holds; `null` if nothing.
    pub shape: Shape,
    pub read: bool,
}

impl Variant {
    fn is_unit(&self) -> bool {
        matches!(self.shape.content, Content::Null)
    }
    pub fn has_unread(&self) -> bool {
        !self.read || self.shape.has_unread()
    }
    /// As serde writes an externally tagged variant.
    fn sample(&self) -> Value {
        if self.is_unit() { self.name.into() } else { json!({self.name: self.shape.sample()}) }
    }
    fn schema(&self) -> Value {
        if self.is_unit() {
            return json!({"const": self.name});
        }
        json!({"type": "object", "properties": {self.name: self.shape.schema()}, "required": [self.name], "additionalProperties": false})
    }
}

impl Content {
    pub fn sample(&self) -> Value {
        match self {
            Content::Unknown | Content::Null => Value::Null,
            Content::Any(sample) => sample.clone(),
            Content::Boolean => true.into(),
            Content::Integer { .. } => 1.into(),
            Content::Number => 1.5.into(),
            Content::Text(text) => text.sample.into(),
            // Of a type that holds itself.
            Content::List(element) if matches!(element.content, Content::Unknown) => json!([]),
            Content::List(element) => json!([element.sample()]),
            Content::Tuple(elements) => elements.iter().map(Shape::sample).collect(),
            Content::Map { key, .. } if matches!(key.content, Content::Unknown) => json!({}),
            Content::Map { key, value } => {
                let key = key.sample();
                let name = key.as_str().map_or_else(|| key.to_string(), Into::into);
                json!({ name: value.sample() })
            }
            Content::Struct(object) => object.fields.iter().map(|f| (f.name.to_owned(), f.shape.sample())).collect::<Map<_, _>>().into(),
            Content::Enum { variants, .. } => variants.iter().find(|v| v.read).map_or(Value::Null, Variant::sample),
        }
    }

    fn schema(&self) -> Value {
        match self {
            Content::Unknown | Content::Any(_) => json!({}),
            Content::Null => json!({"type": "null"}),
            Content::Boolean => json!({"type": "boolean"}),
            Content::Integer { min, max } => {
                let mut schema = json!({"type": "integer"});
                if let Some(min) = min {
                    schema["minimum"] = (*min).into();
                }
                if let Some(max) = max {
                    schema["maximum"] = (*max).into();
                }
                schema
            }
            Content::Number => json!({"type": "number"}),
            Content::Text(Text { format: None, .. }) => json!({"type": "string"}),
            Content::Text(Text { format, .. }) => json!({"type": "string", "format": format}),
            Content::List(element) => json!({"type": "array", "items": element.schema()}),
            // As draft 7 has it, which AsyncAPI goes by.
            Content::Tuple(elements) => json!({
                "type": "array", "items": elements.iter().map(Shape::schema).collect::<Vec<_>>(),
                "minItems": elements.len(), "maxItems": elements.len(),
            }),
            Content::Map { value, .. } => json!({"type": "object", "additionalProperties": value.schema()}),
            Content::Struct(object) => object.schema(),
            Content::Enum { name, variants } if variants.iter().all(Variant::is_unit) => {
                json!({"title": name, "type": "string", "enum": variants.iter().map(|v| v.name).collect::<Vec<_>>()})
            }
            Content::Enum { name, variants } => {
                json!({"title": name, "oneOf": variants.iter().map(Variant::schema).collect::<Vec<_>>()})
            }
        }
    }

    /// Finds what is required in the objects below: without it, `reads` refuses the whole. `root` is a sample that it takes, with one of
    /// this at the JSON pointer `at`.
    fn find_required(&mut self, root: &Value, at: &str, reads: &dyn Fn(&Value) -> bool) {
        match self {
            Content::Struct(object) => object.find_required(root, at, reads),
            Content::List(element) => element.find_required(root, &format!("{at}/0"), reads),
            Content::Tuple(elements) => {
                for (i, element) in elements.iter_mut().enumerate() {
                    element.find_required(root, &format!("{at}/{i}"), reads);
                }
            }
            Content::Map { key, value } => {
                let key = key.sample();
                let name = key.as_str().map_or_else(|| key.to_string(), Into::into);
                value.find_required(root, &format!("{at}/{}", escaped(&name)), reads);
            }
            Content::Enum { variants, .. } => {
                for variant in variants.iter_mut().filter(|v| !v.is_unit()) {
                    let mut root = root.clone();
                    if let Some(place) = root.pointer_mut(at) {
                        *place = variant.sample();
                        variant.shape.find_required(&root, &format!("{at}/{}", escaped(variant.name)), reads);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Struct {
    fn schema(&self) -> Value {
        let properties: Map<_, _> = self.fields.iter().map(|f| (f.name.to_owned(), f.shape.schema())).collect();
        let mut schema = json!({"type": "object", "properties": properties});
        if !self.name.is_empty() {
            schema["title"] = self.name.into();
        }
        let required: Vec<_> = self.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if self.closed {
            schema["additionalProperties"] = false.into();
        }
        schema
    }

    fn find_required(&mut self, root: &Value, at: &str, reads: &dyn Fn(&Value) -> bool) {
        let reads_with = |change: &dyn Fn(&mut Map<String, Value>)| {
            let mut changed = root.clone();
            changed.pointer_mut(at).and_then(Value::as_object_mut).map(change);
            reads(&changed)
        };
        self.closed = !reads_with(&|object| drop(object.insert("fm-sdk: a field that no type has".into(), Value::Null)));
        for field in &mut self.fields {
            field.required = !reads_with(&|object| drop(object.remove(field.name)));
            field.shape.find_required(root, &format!("{at}/{}", escaped(field.name)), reads);
        }
    }
}

impl Shape {
    pub fn sample(&self) -> Value {
        self.content.sample()
    }
    pub fn find_required(&mut self, root: &Value, at: &str, reads: &dyn Fn(&Value) -> bool) {
        self.content.find_required(root, at, reads);
    }
    pub fn schema(&self) -> Value {
        let mut schema = self.content.schema();
        if self.nullable {
            match schema.get("type").filter(|_| schema.get("enum").is_none() && schema.get("title").is_none()).cloned() {
                Some(kind) => schema["type"] = json!([kind, "null"]),
                None if schema.as_object().is_some_and(Map::is_empty) => {}
                None => schema = json!({"anyOf": [schema, {"type": "null"}]}),
            }
        }
        schema
    }
    /// Whether a variant below was not read yet.
    pub fn has_unread(&self) -> bool {
        match &self.content {
            Content::List(element) => element.has_unread(),
            Content::Tuple(elements) => elements.iter().any(Shape::has_unread),
            Content::Map { value, .. } => value.has_unread(),
            Content::Struct(object) => object.fields.iter().any(|f| f.shape.has_unread()),
            Content::Enum { variants, .. } => variants.iter().any(Variant::has_unread),
            _ => false,
        }
    }
}

/// As JSON Pointer has it (RFC 6901, section 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
