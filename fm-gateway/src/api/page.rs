//! The documents as a page: plain HTML, nothing from elsewhere, no script.

use super::documents::Merged;
use crate::pipeline::Answer;
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

const STYLE: &str = include_str!("style.css");
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// The style of the page.
pub fn style() -> Answer {
    Answer::new(StatusCode::OK, "text/css; charset=utf-8", STYLE).with(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))
}

/// The page.
pub fn docs(merged: &Merged) -> Answer {
    let answer = Answer::new(StatusCode::OK, "text/html; charset=utf-8", html(&merged.http.value, &merged.messages.value));
    answer.with(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    )
}

fn html(document: &Value, messages: &Value) -> String {
    let mut by_service: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                by_service.entry(operation["x-service"].as_str().unwrap_or("?")).or_default().push((path, method, operation));
            }
        }
    }
    let mut said: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for (id, operation) in messages["operations"].as_object().into_iter().flatten() {
        let service = operation["x-service"].as_str().unwrap_or("?");
        by_service.entry(service).or_default();
        said.entry(service).or_default().push((id, operation));
    }
    let mut out = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>API of Funny Market</title>\
         <link rel=stylesheet href=/api/docs/style.css><main><h1>API of Funny Market</h1>\
         <p>What all services answer and say on the bus, as they describe it themselves. <a href=/api/openapi.json>OpenAPI document</a>, \
         <a href=/api/asyncapi.json>AsyncAPI document</a></p>",
    );
    if by_service.is_empty() {
        out.push_str("<p>No service has described itself yet.</p>");
    }
    out.push_str("<nav><ul>");
    for service in by_service.keys() {
        let _ = write!(out, "<li><a href=\"#{0}\">{0}</a>", escaped(service));
    }
    out.push_str("</ul></nav>");
    for (service, operations) in by_service {
        let _ = write!(out, "<section id=\"{0}\"><h2>{0}</h2>", escaped(service));
        for (path, method, operation) in operations {
            show(&mut out, path, method, operation);
        }
        let own = said.get(service).map(Vec::as_slice).unwrap_or_default();
        if !own.is_empty() {
            out.push_str("<h3>Messages</h3>");
        }
        for (id, operation) in own {
            show_message(&mut out, messages, id, operation);
        }
        out.push_str("</section>");
    }
    out.push_str("</main></html>");
    out
}

fn show(out: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let _ = write!(
        out,
        "<details><summary><b class={method}>{}</b> <code>{}</code> <span>{}</span></summary>",
        method.to_uppercase(),
        escaped(path),
        text(&operation["summary"])
    );
    if operation["x-unavailable"] == true {
        out.push_str("<p><strong>No instance of this service is up.</strong></p>");
    }
    if let Some(about) = operation["description"].as_str() {
        let _ = write!(out, "<p>{}</p>", escaped(about));
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        out.push_str("<table><caption>Parameters</caption>");
        for parameter in parameters {
            let _ = write!(
                out,
                "<tr><th><code>{}</code><td>{}<td>{}<td>{}",
                text(&parameter["name"]),
                text(&parameter["in"]),
                escaped(&type_of(&parameter["schema"])),
                text(&parameter["description"])
            );
        }
        out.push_str("</table>");
    }
    for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = write!(out, "<p>Body: <code>{}</code> {}</p>", escaped(media), escaped(&type_of(&content["schema"])));
    }
    out.push_str("<table><caption>Answers</caption>");
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let schema = answer["content"].as_object().and_then(|c| c.values().next()).map(|c| type_of(&c["schema"])).unwrap_or_default();
        let _ = write!(out, "<tr><th>{}<td>{}<td>{}", escaped(status), text(&answer["description"]), escaped(&schema));
    }
    out.push_str("</table></details>");
}

/// What a service does with a message, by the first word of its operation.
const VERBS: [(&str, &str); 5] = [
    ("publish", "publishes"),
    ("subscribe", "listens to"),
    ("subscribe-each", "listens to (each instance)"),
    ("obey", "obeys"),
    ("answer", "answers"),
];

fn show_message(out: &mut String, document: &Value, id: &str, operation: &Value) {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let message = follow(document, &operation["messages"][0]);
    let verb = id.rsplit('/').next().and_then(|id| id.split('.').next()).unwrap_or_default();
    let verb = VERBS.iter().find(|(word, _)| *word == verb).map_or(verb, |(_, verb)| verb);
    let _ = write!(out, "<details><summary><b class=message>{}</b> <code>{}</code></summary>", escaped(verb), text(&message["name"]));
    if operation["x-unavailable"] == true {
        out.push_str("<p><strong>No instance of this service is up.</strong></p>");
    }
    if let Some(about) = message["description"].as_str() {
        let _ = write!(out, "<p>{}</p>", escaped(about));
    }
    let channel = follow(document, &operation["channel"]);
    let exchange = channel["bindings"]["amqp"]["exchange"]["name"].as_str().unwrap_or_default();
    let senders = match message["x-senders"].as_array() {
        Some(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        None => "any service".into(),
    };
    let _ = write!(
        out,
        "<table><tr><th>Senders<td>{}<tr><th>Exchange<td><code>{}</code><tr><th>Routing key<td><code>{}</code></table>",
        escaped(&senders),
        escaped(if exchange.is_empty() { "(default)" } else { exchange }),
        text(&channel["address"])
    );
    show_fields(out, document, "Body", &message["payload"]);
    if let Some(reply) = operation.get("reply") {
        show_fields(out, document, "Reply", &follow(document, &reply["messages"][0])["payload"]);
    }
    out.push_str("</details>");
}

/// The fields of a body, and of the objects within, each once.
fn show_fields(out: &mut String, document: &Value, caption: &str, schema: &Value) {
    let mut left = vec![(caption.to_owned(), schema)];
    let mut shown = Vec::new();
    while let Some((caption, schema)) = left.pop() {
        let schema = follow(document, schema);
        if shown.contains(&schema) {
            continue;
        }
        shown.push(schema);
        let Some(fields) = schema["properties"].as_object().filter(|fields| !fields.is_empty()) else {
            let _ = write!(out, "<p>{}: {}</p>", escaped(&caption), escaped(&type_of(schema)));
            continue;
        };
        let _ = write!(out, "<table><caption>{}</caption>", escaped(&caption));
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut within = Vec::new();
        for (name, field) in fields {
            let is_required = required.iter().any(|r| r == name);
            let about = field["description"].as_str().unwrap_or_default();
            let _ = write!(
                out,
                "<tr><th><code>{}</code><td>{}<td>{}<td>{}",
                escaped(name),
                escaped(&type_of(field)),
                if is_required { "required" } else { "" },
                escaped(about)
            );
            within.extend(named(field));
        }
        out.push_str("</table>");
        left.extend(within.into_iter().rev().map(|reference| (type_of(reference), reference)));
    }
}

/// The references that a schema makes, to types of their own.
fn named(schema: &Value) -> Vec<&Value> {
    if schema.get("$ref").is_some() {
        return vec![schema];
    }
    let arms = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|name| schema[name].as_array().into_iter().flatten());
    arms.chain(schema.get("items")).chain(schema.get("additionalProperties")).flat_map(named).collect()
}

/// What a reference leads to; the value itself if it is none.
fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut found = value;
    // A channel refers to a component: a reference to a reference. A circle is left after some rounds.
    for _ in 0..8 {
        let target = found["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?));
        match target {
            Some(target) => found = target,
            None => break,
        }
    }
    found
}

fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(arms) = ["allOf", "anyOf", "oneOf"].into_iter().find_map(|name| schema[name].as_array()) {
        return arms.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", type_of(&schema["items"])),
        Some(name) => name.to_owned(),
        None => schema["type"].as_array().map(|t| t.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")).unwrap_or_default(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_of_services_is_escaped() {
        let page = html(
            &json!({"paths": {"/a/{id}": {"get": {
                "x-service": "fm-a", "summary": "<script>alert(1)</script>",
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "array", "items": {"$ref": "#/x/Id"}}}],
                "responses": {"200": {"description": "a & b"}},
            }}}}),
            &json!({}),
        );
        assert!(page.contains("/a/{id}") && page.contains("list of Id") && page.contains("a &amp; b"));
        assert!(!page.contains("<script"));
    }

    #[test]
    fn messages_show_their_fields_and_those_of_the_objects_within_once() {
        let messages = json!({
            "operations": {"fm-cars/publish.car.listed": {
                "x-service": "fm-cars", "channel": {"$ref": "#/channels/car.listed"}, "messages": [{"$ref": "#/channels/car.listed/messages/l"}],
                "reply": {"messages": [{"payload": {"type": "boolean"}}]},
            }},
            "channels": {"car.listed": {"address": "car.listed", "bindings": {"amqp": {"exchange": {"name": "fm.events"}}}, "messages": {
                "l": {"$ref": "#/components/messages/l"},
            }}},
            "components": {
                "messages": {"l": {"name": "car.listed", "description": "<b>listed</b>", "x-senders": ["fm-cars"], "payload": {"$ref": "#/components/schemas/Listed"}}},
                "schemas": {
                    "Listed": {"type": "object", "required": ["car"], "properties": {
                        "car": {"allOf": [{"$ref": "#/components/schemas/Car"}], "description": "As it is now"},
                        "old": {"anyOf": [{"$ref": "#/components/schemas/Car"}, {"type": "null"}]},
                    }},
                    "Status": {"type": "string", "enum": ["listed", "sold"]},
                    "Car": {"type": "object", "properties": {"status": {"$ref": "#/components/schemas/Status"}, "price": {"type": ["integer", "null"]}, "next": {"$ref": "#/components/schemas/Car"}}},
                },
            },
        });
        let page = html(&json!({}), &messages);
        for text in [
            "<section id=\"fm-cars\">",
            "<b class=message>publishes</b> <code>car.listed</code>",
            "&lt;b&gt;listed&lt;/b&gt;",
            "<th>Exchange<td><code>fm.events</code>",
            "<tr><th><code>car</code><td>Car<td>required<td>As it is now",
            "<tr><th><code>old</code><td>Car or null<td><td>",
            "<tr><th><code>price</code><td>integer or null<td><td>",
            "<p>Status: &quot;listed&quot; or &quot;sold&quot;</p>",
            "<p>Reply: boolean</p>",
        ] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        assert_eq!(page.matches("<caption>Car</caption>").count(), 1, "{page}");
    }
}
