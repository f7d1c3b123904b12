//! What can be set: whose tokens are believed, what they must say, and what the service is told.

use super::{claims::Path, source::Times};
use crate::{
    fetch::{Client, Url},
    plugins::service_header,
};
use fm_sdk::config::parse_duration;
use http::HeaderName;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Stands for tokens that do not say what they are.
const UNTYPED: &str = "none";
const MAX_LEEWAY: Duration = Duration::from_secs(300);
const MAX_STALE: Duration = Duration::from_secs(7 * 24 * 3600);

pub struct Settings {
    pub origin: Origin,
    pub client: Client,
    pub rules: Rules,
    pub mapping: Mapping,
}

/// Where keys come from. Steps with the same one share them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    pub issuer: String,
    pub keys: KeysAt,
    pub times: Times,
    pub may_be_clear: bool,
    pub ca: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeysAt {
    /// The document that names where the keys are.
    Discovery(Url),
    Jwks(Url),
}

/// What a token must say.
#[derive(Debug)]
pub struct Rules {
    pub algorithms: Vec<Algorithm>,
    /// As the head of a token says it; [`UNTYPED`] is one that says nothing.
    pub types: Vec<String>,
    pub audiences: Vec<String>,
    pub leeway: u64,
    pub scopes: Vec<String>,
    /// One of these is needed; none means any.
    pub grant: Vec<String>,
}

impl Rules {
    /// Whether tokens of this type are taken; `application/` in front may be left out (RFC 7515, 4.1.9).
    pub fn takes_type(&self, named: Option<&str>) -> bool {
        const APPLICATION: &str = "application/";
        let is_media_type = |text: &&str| text.get(..APPLICATION.len()).is_some_and(|start| start.eq_ignore_ascii_case(APPLICATION));
        let short = |text| Some(text).filter(is_media_type).map_or(text, |text| &text[APPLICATION.len()..]);
        self.types.iter().any(|taken| match named {
            None => taken == UNTYPED,
            Some(named) => taken != UNTYPED && short(taken).eq_ignore_ascii_case(short(named)),
        })
    }
}

/// What becomes of its claims.
#[derive(Debug)]
pub struct Mapping {
    pub roles_claim: Option<Path>,
    /// Roles of the issuer, and what they are called here. `None`: as the issuer calls them.
    pub roles: Option<BTreeMap<String, String>>,
    pub roles_header: Option<HeaderName>,
    pub headers: Vec<(HeaderName, Path)>,
    /// The service gets the token, too.
    pub forwards: bool,
}

#[derive(Deserialize)]
struct Raw {
    issuer: String,
    jwks_uri: Option<String>,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    token_types: Vec<String>,
    scopes: Vec<String>,
    roles_claim: Option<String>,
    roles: Option<BTreeMap<String, String>>,
    grant: Vec<String>,
    headers: BTreeMap<String, String>,
    roles_header: Option<String>,
    forward: bool,
    leeway: String,
    refresh: String,
    cooldown: String,
    max_stale: String,
    timeout: String,
    clear_text: bool,
    ca: Option<String>,
}

impl Settings {
    /// Reads settings that fit the schema.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(settings: &Map<String, Value>) -> Result<Settings, String> {
        let raw: Raw = crate::plugins::read(settings)?;
        Url::parse(&raw.issuer, raw.clear_text)?;
        let keys = match &raw.jwks_uri {
            Some(url) => KeysAt::Jwks(Url::parse(url, raw.clear_text)?),
            None => {
                let issuer = raw.issuer.trim_end_matches('/');
                KeysAt::Discovery(Url::parse(&format!("{issuer}/.well-known/openid-configuration"), raw.clear_text)?)
            }
        };
        let times = Times {
            refresh: within("refresh", &raw.refresh, Duration::from_secs(1), MAX_STALE)?,
            cooldown: within("cooldown", &raw.cooldown, Duration::from_millis(100), Duration::from_secs(3600))?,
            max_stale: within("max_stale", &raw.max_stale, Duration::ZERO, MAX_STALE)?,
            timeout: within("timeout", &raw.timeout, Duration::from_millis(10), Duration::from_secs(30))?,
        };
        if times.max_stale < times.refresh {
            return Err("max_stale is not shorter than refresh".into());
        }
        let leeway = within("leeway", &raw.leeway, Duration::ZERO, MAX_LEEWAY)?.as_secs();
        let is_scope = |scope: &String| scope.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
        if let Some(bad) = raw.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(format!("{bad:?} is no scope (RFC 6749, 3.3)"));
        }
        if raw.roles_claim.is_none() && !(raw.grant.is_empty() && raw.roles.is_none() && raw.roles_header.is_none()) {
            return Err("which claim has the roles?".into());
        }
        let client = Client::trusting(raw.ca.as_deref().map(str::as_bytes)).map_err(|why| format!("ca: {why}"))?;
        let headers = raw.headers.iter().map(|(name, claim)| Ok((service_header(name)?, Path::new(claim))));
        let headers = headers.collect::<Result<Vec<_>, String>>()?;
        let roles_header = raw.roles_header.as_deref().map(service_header).transpose()?;
        let origin = Origin { issuer: raw.issuer, keys, times, may_be_clear: raw.clear_text, ca: raw.ca };
        let roles_claim = raw.roles_claim.as_deref().map(Path::new);
        let mapping = Mapping { roles_claim, roles: raw.roles, roles_header, headers, forwards: raw.forward };
        let Raw { algorithms, token_types: types, audiences, scopes, grant, .. } = raw;
        let rules = Rules { algorithms, types, audiences, leeway, scopes, grant };
        Ok(Settings { origin, client, rules, mapping })
    }
}

fn within(name: &str, text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    if (least..=most).contains(&time) { Ok(time) } else { Err(format!("{name} is from {least:?} to {most:?}")) }
}

/// The schema of the settings.
pub fn schema() -> Value {
    let texts = |title: &str, description: &str| json!({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 256}, "title": title, "description": description});
    let optional = |mut schema: Value| {
        schema["default"] = json!([]);
        schema
    };
    let time = |title: &str, default: &str, description: &str| json!({"type": "string", "format": "duration", "default": default, "title": title, "description": description});
    let mut audiences = texts("Audiences", "A token must be meant for one of these (claim aud)");
    audiences["minItems"] = json!(1);
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["issuer", "audiences"],
        "properties": {
            "issuer": {
                "type": "string", "minLength": 1, "maxLength": 2048, "title": "Issuer",
                "description": "Whose tokens are believed, as their claim iss names it", "examples": ["https://login.example/realms/market"]
            },
            "jwks_uri": {
                "type": "string", "minLength": 1, "maxLength": 2048, "title": "Address of the keys",
                "description": "Where the issuer's keys are; if it is not said, its OpenID configuration names it"
            },
            "audiences": audiences,
            "algorithms": {
                "type": "array", "minItems": 1, "default": ["RS256", "ES256", "EdDSA"], "title": "Algorithms",
                "description": "Signatures that are taken; never none, never those of a shared secret",
                "items": {"type": "string", "enum": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]}
            },
            "token_types": {
                "type": "array", "minItems": 1, "default": ["JWT", "at+jwt", "none"], "title": "Types of tokens",
                "description": "What a token may say that it is (typ); none is a token that does not say it. at+jwt alone are access tokens (RFC 9068)",
                "items": {"type": "string", "minLength": 1, "maxLength": 64}
            },
            "scopes": optional(texts("Scopes", "All of these are needed")),
            "roles_claim": {
                "type": "string", "minLength": 1, "maxLength": 256, "title": "Claim of the roles",
                "description": "Has one role or a list; dots lead into objects", "examples": ["realm_access.roles"]
            },
            "roles": {
                "type": "object", "title": "Roles by the issuer's",
                "description": "What roles of the issuer are called here; others do not count. If it is not said, they are called as there"
            },
            "grant": optional(texts("Roles", "One of these roles is needed; none named means any")),
            "headers": {
                "type": "object", "default": {"x-consumer-username": "sub"}, "title": "Headers for the service",
                "description": "Claims by the names of the headers that tell them; only those that no client can send"
            },
            "roles_header": {
                "type": "string", "minLength": 1, "title": "Header of the roles", "description": "Tells the service the roles, separated by commas",
                "examples": ["x-user-roles"]
            },
            "forward": {
                "type": "boolean", "default": false, "title": "Send it on", "description": "The service gets what Authorization says, too"
            },
            "leeway": time("Leeway", "60s", "How far the clocks of issuer and gateway may differ; 5m at most"),
            "refresh": time("Fetch again after", "10m", "Keys that are older are fetched again, while they are used"),
            "cooldown": time("Pause between fetches", "10s", "The keys are not fetched sooner, whatever tokens name"),
            "max_stale": time("Stale for", "1h", "How long known keys count while the issuer is unreachable"),
            "timeout": time("Timeout", "3s", "For a fetch, and for requests that wait for one"),
            "clear_text": {
                "type": "boolean", "default": false, "title": "Clear text",
                "description": "Takes keys over http://, too: whoever can change what passes there can let anybody in"
            },
            "ca": {
                "type": "string", "minLength": 1, "title": "Authorities", "description": "Certificates (PEM) that the issuer's is signed by, instead of those that browsers believe"
            }
        }
    })
}
