//! Sends clients elsewhere (RFC 9110, 15.4).

use crate::pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step, Text};
use fm_sdk::{Error, Kind};
use http::{HeaderValue, StatusCode, header::LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub struct Redirect;

#[derive(Deserialize)]
struct Settings {
    location: String,
    status: u16,
    keep_query: bool,
}

struct Elsewhere {
    location: Text,
    status: StatusCode,
    keep_query: bool,
}

impl Plugin for Redirect {
    fn name(&self) -> &'static str {
        "redirect"
    }

    fn about(&self) -> &'static str {
        "Sends the client to another address"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["location"],
            "properties": {
                "location": {
                    "type": "string", "minLength": 1, "title": "Location", "examples": ["https://${host}${path}", "/new/${path.id}"],
                    "description": "An address, or a path that begins with one /; may use ${variables}"
                },
                "status": {
                    "type": "integer", "enum": [301, 302, 303, 307, 308], "default": 308, "title": "Status",
                    "description": "301 and 308 for good, 302 and 307 for now, 303 to another thing; 307 and 308 keep the method"
                },
                "keep_query": {"type": "boolean", "default": true, "title": "Keep the query", "description": "Appends the query of the request"}
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn answers(&self) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        let text = &settings.location;
        if !leads_where_it_says(text) {
            return Err(format!("{text:?} is neither a path nor http(s)://host..., with ${{host}} as the only variable in the host"));
        }
        let status = StatusCode::from_u16(settings.status).map_err(|e| e.to_string())?;
        Ok(Box::new(Elsewhere { location: Text::parse(text)?, status, keep_query: settings.keep_query }))
    }
}

impl Step for Elsewhere {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let mut location = self.location.render(exchange).into_owned();
        if self.keep_query
            && let Some(query) = exchange.head.uri.query()
        {
            location.push(if location.contains('?') { '&' } else { '?' });
            location.push_str(query);
        }
        match HeaderValue::from_str(&location) {
            Ok(location) => Flow::answer(Answer::new(self.status, "text/plain", "").with(LOCATION, location)),
            Err(_) => Flow::fail(Error::new(Kind::Malformed, "location-invalid", "this request leads nowhere")),
        }
    }
}

/// Whether no variable, which may be the client's to say, decides about the host.
fn leads_where_it_says(location: &str) -> bool {
    if let Some(address) = location.strip_prefix("https://").or_else(|| location.strip_prefix("http://")) {
        let host = address.split(['/', '?', '#']).next().unwrap_or_default();
        // The normal path begins with one slash, where the host ends.
        let host = host.strip_suffix("${path}").unwrap_or(host);
        return host == "${host}" || !(host.is_empty() || host.contains(['$', '\\', '@']));
    }
    // Two slashes at the beginning name a host.
    location.starts_with("${path}") || (location.starts_with('/') && !location[1..].starts_with(['/', '\\', '$']))
}

#[cfg(test)]
mod tests {
    use super::leads_where_it_says;

    #[test]
    fn clients_cannot_choose_the_target_of_a_redirect() {
        for location in
            ["/", "/new/${path.id}", "${path}", "https://${host}${path}", "https://a.example:8443/${query}", "http://a.example${path}"]
        {
            assert!(leads_where_it_says(location), "{location}");
        }
        for location in [
            "",
            "new",
            "//a.example",
            "/\\a.example",
            "/${query}",
            "https://",
            "https:///a",
            "https://${header.x}/",
            "https://${query}",
            "https://a.${header.x}/",
            "https://${host}.evil.test/",
            "https://a@b/",
            "https://a.example\\@b/",
            "ftp://a",
            "${header.x}",
        ] {
            assert!(!leads_where_it_says(location), "{location}");
        }
    }
}
