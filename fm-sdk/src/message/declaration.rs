use super::{Call, Command, Event, MessageKind, Senders};
use crate::schema;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The doc comments of a message's declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Docs {
    /// The name of its type.
    pub title: &'static str,
    /// The lines of its doc comment; other attributes leave empty ones.
    pub about: &'static [&'static str],
    /// Those of its fields.
    pub fields: &'static [(&'static str, &'static [&'static str])],
}

impl Docs {
    /// None.
    pub const NONE: Self = Docs { title: "", about: &[], fields: &[] };

    /// The lines as one text.
    pub(crate) fn text(lines: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        lines.join(" ")
    }
}

/// A message as it is declared: what others must know of it.
#[derive(Clone, Copy)]
pub(crate) struct Declaration {
    pub kind: MessageKind,
    pub name: &'static str,
    pub senders: Senders,
    pub docs: Docs,
    body: fn() -> Value,
    /// For a call.
    pub reply: Option<fn() -> Value>,
}

impl Declaration {
    pub fn event<M: Event>() -> Self {
        let (name, senders, docs) = (M::NAME, M::SENDERS, M::DOCS);
        Declaration { kind: MessageKind::Event, name, senders, docs, body: schema::of::<M>, reply: None }
    }
    pub fn command<M: Command>() -> Self {
        let (name, senders, docs) = (M::AT, M::SENDERS, M::DOCS);
        Declaration { kind: MessageKind::Command, name, senders, docs, body: schema::of::<M>, reply: None }
    }
    pub fn call<M: Call>() -> Self {
        let (name, senders, docs) = (M::AT, M::SENDERS, M::DOCS);
        Declaration { kind: MessageKind::Call, name, senders, docs, body: schema::of::<M>, reply: Some(schema::of::<M::Reply>) }
    }
    /// A call that the SDK answers itself, of any service.
    pub fn own_call<M: DeserializeOwned, R: DeserializeOwned>(name: &'static str, about: &'static [&'static str]) -> Self {
        let docs = Docs { about, ..Docs::NONE };
        Declaration { kind: MessageKind::Call, name, senders: Senders::Any, docs, body: schema::of::<M>, reply: Some(schema::of::<R>) }
    }
    /// The schema of the body, with the comments of the fields.
    pub fn body(&self) -> Value {
        let mut schema = (self.body)();
        for (field, about) in self.docs.fields {
            let about = Docs::text(about);
            let name = field.strip_prefix("r#").unwrap_or(field);
            if let Some(field) = schema["properties"].get_mut(name).filter(|_| !about.is_empty()).and_then(Value::as_object_mut) {
                field.insert("description".into(), about.into());
            }
        }
        schema
    }
}
