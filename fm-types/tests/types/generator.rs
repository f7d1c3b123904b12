//! Rust types of the messages in an AsyncAPI document of fm-sdk. typify makes a type of each schema; here they become declarations of
//! messages, and what typify adds to a type besides is left out.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use schemars::schema::Schema;
use serde_json::{Map, Value};
use std::{
    collections::BTreeSet,
    io::Write as _,
    process::{Command, Stdio},
};
use syn::{Attribute, Fields, Item};
use typify::{TypeSpace, TypeSpaceSettings};

/// The module with the messages of the service that a document describes: what it publishes, obeys and answers. `None` if there is
/// nothing that another service could receive or send.
pub fn module(document: &Value) -> Option<String> {
    let service = text(&document["info"]["title"]);
    let schemas = document["components"]["schemas"].as_object().expect("the document has schemas");
    let messages = own_messages(document, service);
    if messages.is_empty() {
        return None;
    }

    let mut space = TypeSpace::new(TypeSpaceSettings::default().with_map_type("::std::collections::BTreeMap"));
    let needed = reachable(&messages, schemas);
    for name in &needed {
        assert!(schemas[*name].get("$comment").is_none(), "{service}: {name} is {}", schemas[*name]["$comment"]);
    }
    space.add_ref_types(needed.iter().map(|name| (name.to_string(), schema(&schemas[*name])))).expect("each schema is a type");
    let replies: Vec<_> = messages.iter().map(|message| message.reply.map(|reply| rust_type(&mut space, reply))).collect();
    let items = syn::parse2::<syn::File>(space.to_stream()).expect("typify writes Rust").items;

    let mut declarations = String::from("fm_sdk::messages! {\n");
    for (message, reply) in messages.iter().zip(replies) {
        let item = items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == message.body => Some(item),
            _ => None,
        });
        declare(&mut declarations, message, &item.expect("a body is a struct").fields, reply);
    }
    declarations.push('}');
    let bodies: BTreeSet<_> = messages.iter().map(|message| message.body).collect();
    let parts: Vec<_> = items.into_iter().filter_map(|item| part(item, &bodies)).collect();
    let serde = (!parts.is_empty()).then(|| {
        quote!(
            use fm_sdk::serde::{Deserialize, Serialize};
        )
    });
    let mut module = format!("//! Messages of {service}, generated from `schemas/{service}.json`: edit neither.\n\n");
    for section in serde.iter().map(ToString::to_string).chain([declarations]).chain(parts.iter().map(ToString::to_string)) {
        module.extend([&section, "\n\n"]);
    }
    Some(formatted(&module))
}

/// A message, as its owner describes it.
pub struct Message<'a> {
    verb: &'static str,
    pub name: &'a str,
    senders: Option<Vec<&'a str>>,
    about: Option<&'a str>,
    /// The name of its type.
    body: &'a str,
    pub payload: &'a Value,
    pub reply: Option<&'a Value>,
}

/// Events that `service` publishes, commands and calls that it takes. Left out is what nobody else can send or receive: a command to
/// itself, and the calls that fm-sdk makes and answers, whose bodies have no title.
pub fn own_messages<'a>(document: &'a Value, service: &str) -> Vec<Message<'a>> {
    let operations = document["operations"].as_object().expect("the document has operations");
    let message_of = |reference: &Value| {
        let key = text(reference).rsplit('/').next().expect("a reference has a last part");
        &document["components"]["messages"][key]
    };
    let mut messages = Vec::new();
    for (verb, prefix) in [("event", "publish."), ("command", "obey."), ("call", "answer.")] {
        for operation in operations.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(_, operation)| operation) {
            let described = message_of(&operation["messages"][0]["$ref"]);
            let senders = described["x-senders"].as_array().map(|names| names.iter().map(text).collect::<Vec<_>>());
            if described.get("title").is_none() || (verb != "event" && senders.as_deref() == Some(&[service])) {
                continue;
            }
            messages.push(Message {
                verb,
                name: text(&described["name"]),
                senders,
                about: described["description"].as_str(),
                body: referred(&described["payload"]).expect("a body has a name"),
                payload: &described["payload"],
                reply: operation.get("reply").map(|reply| &message_of(&reply["messages"][0]["$ref"])["payload"]),
            });
        }
    }
    messages
}

/// The names of the schemas that messages and replies are made of.
fn reachable<'a>(messages: &[Message<'a>], schemas: &'a Map<String, Value>) -> BTreeSet<&'a str> {
    fn follow<'a>(value: &'a Value, schemas: &'a Map<String, Value>, found: &mut BTreeSet<&'a str>) {
        if let Some(name) = referred(value).filter(|name| found.insert(name)) {
            follow(&schemas[name], schemas, found);
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|field| follow(field, schemas, found)),
            Value::Array(items) => items.iter().for_each(|item| follow(item, schemas, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for message in messages {
        follow(&schemas[message.body], schemas, &mut found);
        found.insert(message.body);
        message.reply.into_iter().for_each(|reply| follow(reply, schemas, &mut found));
    }
    found
}

fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// As typify reads it, which knows definitions but no components.
fn schema(value: &Value) -> Schema {
    let text = value.to_string().replace("#/components/schemas/", "#/definitions/");
    serde_json::from_str(&text).expect("it is a JSON Schema")
}

fn rust_type(space: &mut TypeSpace, value: &Value) -> String {
    let id = space.add_type(&schema(value)).expect("a reply is a type");
    on_one_line(space.get_type(&id).expect("it was added").ident())
}

/// Adds the declaration of a message, as `messages!` has it.
fn declare(module: &mut String, message: &Message, fields: &Fields, reply: Option<String>) {
    let mut line = |text: String| module.extend(["    ", &text, "\n"]);
    message.about.into_iter().for_each(|about| line(format!("/// {about}")));
    let from = match message.senders.as_deref() {
        None if message.verb == "call" => String::new(),
        None => "from any ".into(),
        Some([sender]) => format!("from {sender:?} "),
        Some(senders) => format!("from {senders:?} "),
    };
    line(format!("{} {:?} {from}{} {{", message.verb, message.name, message.body));
    // Of an object without fields typify makes a map.
    for field in fields.iter().filter(|field| field.ident.is_some()) {
        kept(&field.attrs).for_each(|attribute| line(format!("    {}", on_one_line(attribute))));
        line(format!("    {}: {},", on_one_line(&field.ident), on_one_line(&field.ty)));
    }
    line(reply.map_or("}".into(), |reply| format!("}} -> {reply};")));
}

/// A type within messages: serde is that of fm-sdk, and a field that a newer owner adds is ignored.
fn part(mut item: Item, bodies: &BTreeSet<&str>) -> Option<TokenStream> {
    let (attributes, derives) = match &mut item {
        Item::Struct(item) if bodies.contains(item.ident.to_string().as_str()) => return None,
        Item::Struct(item) => (&mut item.attrs, quote!(PartialEq)),
        Item::Enum(item) if item.variants.iter().all(|variant| variant.fields.is_empty()) => {
            (&mut item.attrs, quote!(PartialEq, Eq, Hash, Copy))
        }
        Item::Enum(item) => (&mut item.attrs, quote!(PartialEq)),
        _ => return None,
    };
    let of_typify: Vec<_> = kept(attributes).cloned().collect();
    *attributes = Vec::new();
    Some(quote! {
        #(#of_typify)*
        #[derive(Clone, Debug, #derives, Serialize, Deserialize)]
        #[serde(crate = "fm_sdk::serde")]
        #item
    })
}

/// Comments and what serde must know. typify derives by another path, and repeats names as comments.
fn kept(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| {
        let text = on_one_line(attribute);
        assert!(!text.contains("default = "), "a default value needs code that is left out: {text}");
        !attribute.path().is_ident("derive") && !text.starts_with("#[doc = \"`") && text != "#[serde(deny_unknown_fields)]"
    })
}

/// Rust on one line, without the spaces between its tokens.
fn on_one_line(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, plain) in [(" :: ", "::"), (":: ", "::"), (" < ", "<"), (" <", "<"), (" >", ">"), (" ,", ","), ("# [", "#["), (" (", "(")]
    {
        text = text.replace(spaced, plain);
    }
    text
}

/// Short names for what is in scope everywhere, and the form of rustfmt.
fn formatted(module: &str) -> String {
    let mut module = module.replace(":: serde_json ::", "fm_sdk :: serde_json ::").replace("::serde_json::", "fm_sdk::serde_json::");
    for (path, name) in [("std::option::Option", "Option"), ("std::string::String", "String"), ("std::vec::Vec", "Vec")] {
        let spaced = format!(":: {}", path.replace("::", " :: "));
        module = module.replace(&spaced, name).replace(&format!("::{path}"), name);
    }
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path", env!("CARGO_MANIFEST_DIR")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is installed");
    rustfmt.stdin.take().expect("it is piped").write_all(module.as_bytes()).expect("rustfmt reads");
    let output = rustfmt.wait_with_output().expect("rustfmt ends");
    assert!(output.status.success(), "rustfmt refuses what was generated:\n{module}");
    String::from_utf8(output.stdout).expect("rustfmt writes UTF-8")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text was expected, not {value}"))
}
