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
    let answer = Answer::new(StatusCode::OK, "text/html; charset=utf-8", html(&merged.value));
    answer.with(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    )
}

fn html(document: &Value) -> String {
    let mut by_service: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                by_service.entry(operation["x-service"].as_str().unwrap_or("?")).or_default().push((path, method, operation));
            }
        }
    }
    let mut out = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>API of Funny Market</title>\
         <link rel=stylesheet href=/api/docs/style.css><main><h1>API of Funny Market</h1>\
         <p>What all services answer, as they describe it themselves. <a href=/api/openapi.json>OpenAPI document</a></p>",
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

fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
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
        let page = html(&json!({"paths": {"/a/{id}": {"get": {
            "x-service": "fm-a", "summary": "<script>alert(1)</script>",
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "array", "items": {"$ref": "#/x/Id"}}}],
            "responses": {"200": {"description": "a & b"}},
        }}}}));
        assert!(page.contains("/a/{id}") && page.contains("list of Id") && page.contains("a &amp; b"));
        assert!(!page.contains("<script"));
    }
}
