//! The file of a contract: as much of a Pact (specification 4.0) as messages and HTTP need.

use super::{kind::Kind, path::Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt, path::Path as FilePath};

/// The version that is written, and whose minor versions are read.
const SPECIFICATION: &str = "4.0";

/// What one consumer reads of one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pact {
    pub consumer: Participant,
    pub provider: Participant,
    pub interactions: Vec<Interaction>,
    #[serde(default = "Pact::metadata")]
    metadata: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Participant {
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Interaction {
    /// An event or a command.
    #[serde(rename = "Asynchronous/Messages")]
    Asynchronous {
        #[serde(flatten)]
        about: About,
        #[serde(flatten)]
        message: Message,
    },
    /// A call and its reply.
    #[serde(rename = "Synchronous/Messages")]
    Synchronous {
        #[serde(flatten)]
        about: About,
        request: Message,
        response: Vec<Message>,
    },
    /// A request and its answer.
    #[serde(rename = "Synchronous/HTTP")]
    Http {
        #[serde(flatten)]
        about: About,
        request: HttpRequest,
        response: HttpResponse,
    },
}

/// A request by example; it is replayed as it stands, so that rules for it say nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HttpRequest {
    pub method: String,
    pub path: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Values>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Values>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Contents>,
}

/// An answer; without a body nothing is read of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpResponse {
    pub status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Values>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Contents>,
    #[serde(default, skip_serializing_if = "MatchingRules::is_empty")]
    pub matching_rules: MatchingRules,
}

/// The values of a header or a parameter; one may stand without brackets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "Vec<String>")]
pub(super) struct Values(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Values {
    fn from(values: OneOrMany) -> Self {
        match values {
            OneOrMany::One(value) => Values(vec![value]),
            OneOrMany::Many(values) => Values(values),
        }
    }
}
impl From<Values> for Vec<String> {
    fn from(values: Values) -> Self {
        values.0
    }
}

/// What all interactions have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct About {
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider_states: Vec<State>,
    /// It must not fail the provider yet.
    pub pending: bool,
    pub comments: Comments,
}

/// What the provider must have or be before it can answer so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub name: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    params: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Comments {
    /// The consumer's test.
    pub testname: Option<String>,
    /// Paths that a message may lack. Pact has no optional fields; other readers of the file expect them like the rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<PathText>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Message {
    pub contents: Contents,
    pub matching_rules: MatchingRules,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Contents {
    pub content: Value,
    pub content_type: String,
    /// `false`, or how `content` is encoded.
    pub encoded: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct MatchingRules {
    pub body: BTreeMap<PathText, Rule>,
    /// Headers that must be there, whatever they say.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, Rule>,
}

/// How a value may differ from the example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rule {
    #[serde(default)]
    pub combine: Combine,
    pub matchers: Vec<Matcher>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Combine {
    #[default]
    And,
    Or,
}

/// The matchers that are understood; a contract with another one is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "match", rename_all = "camelCase")]
pub(super) enum Matcher {
    /// The JSON type of the example; of an array also how many elements it has.
    Type {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<usize>,
    },
    Equality,
    Boolean,
    Integer,
    Decimal,
    Number,
    Null,
    Include {
        value: String,
    },
    NotEmpty,
}

/// A path as text in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct PathText(pub Path);

impl TryFrom<String> for PathText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(PathText)
    }
}
impl From<PathText> for String {
    fn from(path: PathText) -> String {
        path.0.to_string()
    }
}

impl Default for Contents {
    fn default() -> Self {
        Contents { content: Value::Null, content_type: "application/json".into(), encoded: Value::Bool(false) }
    }
}

impl Contents {
    pub fn of(content: Value) -> Self {
        Contents { content, ..Contents::default() }
    }
}

impl MatchingRules {
    fn is_empty(&self) -> bool {
        self.body.is_empty() && self.header.is_empty()
    }
}

impl HttpRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.and_then(|(_, values)| values.0.first()).map(String::as_str)
    }
}

impl HttpResponse {
    /// The body as that of a message; none if nothing is read of it.
    pub fn message(&self) -> Option<Message> {
        let contents = self.body.clone()?;
        Some(Message { contents, matching_rules: self.matching_rules.clone(), ..Message::default() })
    }
}

impl State {
    pub fn new(name: &str) -> Self {
        State { name: name.into(), params: Map::new() }
    }
}

impl Message {
    /// Whether this is the fault of a call, and not its reply.
    pub fn is_fault(&self) -> bool {
        self.metadata.get("fault") == Some(&Value::Bool(true))
    }
}

impl Interaction {
    pub fn about(&self) -> &About {
        match self {
            Interaction::Asynchronous { about, .. } | Interaction::Synchronous { about, .. } | Interaction::Http { about, .. } => about,
        }
    }
    pub fn about_mut(&mut self) -> &mut About {
        match self {
            Interaction::Asynchronous { about, .. } | Interaction::Synchronous { about, .. } | Interaction::Http { about, .. } => about,
        }
    }
    /// The name of the message on the bus: in the metadata, or else it is the description.
    pub fn message_name(&self) -> &str {
        let message = match self {
            Interaction::Asynchronous { message, .. } | Interaction::Synchronous { request: message, .. } => Some(message),
            Interaction::Http { .. } => None,
        };
        let name = message.and_then(|message| message.metadata.get("name"));
        name.and_then(Value::as_str).unwrap_or(&self.about().description)
    }
    /// All bodies.
    fn contents(&self) -> Vec<&Contents> {
        match self {
            Interaction::Asynchronous { message, .. } => vec![&message.contents],
            Interaction::Synchronous { request, response, .. } => {
                [request].into_iter().chain(response).map(|message| &message.contents).collect()
            }
            Interaction::Http { request, response, .. } => request.body.iter().chain(&response.body).collect(),
        }
    }
}

impl Pact {
    pub fn new(consumer: &str, provider: &str) -> Self {
        let [consumer, provider] = [consumer, provider].map(|name| Participant { name: name.into() });
        Pact { consumer, provider, interactions: Vec::new(), metadata: Pact::metadata() }
    }
    fn metadata() -> Value {
        serde_json::json!({ "pactSpecification": { "version": SPECIFICATION } })
    }
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it, and where.
    pub fn read(file: &FilePath) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|e| e.to_string())?;
        Pact::parse(&text)
    }
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|e| format!("no JSON: {e}"))?;
        // The places where versions before wrote theirs.
        let version = ["/metadata/pactSpecification/version", "/metadata/pact-specification/version", "/metadata/pactSpecificationVersion"]
            .iter()
            .find_map(|at| json.pointer(at)?.as_str())
            .ok_or("no Pact: it does not say which version of the Pact specification it follows")?;
        if version.split('.').next() != Some("4") {
            return Err(format!("follows version {version} of the Pact specification; only {SPECIFICATION} is read"));
        }
        let pact: Pact =
            serde_path_to_error::deserialize(json).map_err(|e| format!("no Pact that is understood: {}: {}", e.path(), e.inner()))?;
        for interaction in &pact.interactions {
            let refused = |why: &str| Err(format!("`{}` {why}", interaction.about().description));
            if interaction.about().description.is_empty() {
                return refused("is the description of an interaction");
            }
            if interaction.contents().iter().any(|c| c.encoded != Value::Bool(false) && c.encoded != "JSON") {
                return refused("has contents that are encoded; only JSON is read");
            }
            if matches!(interaction, Interaction::Synchronous { response, .. } if response.len() != 1) {
                return refused("has not exactly one response");
            }
        }
        Ok(pact)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.matchers.iter().map(Matcher::to_string).collect();
        f.write_str(&words.join(if self.combine == Combine::Or { " or " } else { " and " }))
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Matcher::Type { min, max } => {
                f.write_str("of the example's type")?;
                min.map_or(Ok(()), |min| write!(f, " of at least {min}"))?;
                max.map_or(Ok(()), |max| write!(f, " of at most {max}"))
            }
            Matcher::Equality => f.write_str("equal to the example"),
            Matcher::Boolean => Kind::Boolean.fmt(f),
            Matcher::Integer => Kind::Integer.fmt(f),
            Matcher::Decimal => Kind::Decimal.fmt(f),
            Matcher::Number => f.write_str("number"),
            Matcher::Null => Kind::Null.fmt(f),
            Matcher::Include { value } => write!(f, "text with `{value}`"),
            Matcher::NotEmpty => f.write_str("not empty"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Pact::parse(text).unwrap_err()
    }

    #[test]
    fn a_file_that_is_no_pact_of_this_version_is_refused_with_the_reason() {
        assert_eq!(refused("{\"consumer\": }"), "no JSON: expected value at line 1 column 14");
        assert!(refused("{}").contains("does not say which version"));
        for metadata in [r#"{"pactSpecification":{"version":"3.0.0"}}"#, r#"{"pact-specification":{"version":"3.0.0"}}"#] {
            assert_eq!(
                refused(&format!(r#"{{"metadata":{metadata}}}"#)),
                "follows version 3.0.0 of the Pact specification; only 4.0 is read"
            );
        }
    }

    #[test]
    fn what_is_broken_in_a_file_is_named_with_its_place() {
        let with = |interaction: &str| {
            let version = r#""metadata":{"pactSpecification":{"version":"4.0"}}"#;
            format!(r#"{{"consumer":{{"name":"a"}},"provider":{{"name":"b"}},"interactions":[{interaction}],{version}}}"#)
        };
        assert!(refused(&with("").replace(r#""consumer":{"name":"a"},"#, "")).contains("missing field `consumer`"));
        let http = refused(&with(r#"{"type":"Synchronous/HTTP","description":"d"}"#));
        assert!(http.contains("interactions[0]") && http.contains("missing field `request`"), "{http}");
        let plugin = refused(&with(r#"{"type":"Synchronous/Plugin","description":"d"}"#));
        assert!(plugin.contains("unknown variant `Synchronous/Plugin`"), "{plugin}");
        let matcher =
            r#"{"type":"Asynchronous/Messages","description":"d","matchingRules":{"body":{"$.a":{"matchers":[{"match":"semver"}]}}}}"#;
        assert!(refused(&with(matcher)).contains("unknown variant `semver`"));
        assert!(refused(&with(&matcher.replace("$.a", "a").replace("semver", "type"))).contains("`a` is no path"));
        let encoded = r#"{"type":"Asynchronous/Messages","description":"d","contents":{"content":"AA==","encoded":"base64"}}"#;
        assert_eq!(refused(&with(encoded)), "`d` has contents that are encoded; only JSON is read");
    }
}
