//! A request of a contract, on its way to the provider that replays it.

use super::{documents::Documents, pact::HttpRequest};
use crate::testing::{HttpReply, MockBus};
use actix_web::test::TestRequest;
use serde_json::Value;

/// An HTTP request as a consumer's test has sent it. It has examples for values: the provider's test puts in its own where they matter.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// Method and path as the provider's OpenAPI document (`schemas/openapi.json`) writes them: `GET /api/cars/{id}`. The consumer's own path
    /// if there is no such operation.
    pub route: String,
    /// The path, with examples for its parameters.
    pub path: String,
    /// The parameters of the query.
    pub query: Vec<(String, String)>,
    /// Whether the consumer sent a user's access token.
    pub is_signed_in: bool,
    /// The media type of the body, if there is one.
    pub media_type: Option<String>,
    /// The body, if it is JSON. Others are not recorded.
    pub body: Option<Value>,
    method: String,
    headers: Vec<(String, String)>,
    raw: Option<Vec<u8>>,
}

impl RecordedRequest {
    pub(super) fn new(request: &HttpRequest, documents: &Documents) -> Self {
        let HttpRequest { method, path, query, body, .. } = request;
        let template = documents.find(method, path).map_or(path.as_str(), |operation| &operation.template);
        let each = |(name, values): (&String, &super::pact::Values)| -> Vec<_> {
            values.0.iter().map(|value| (name.clone(), value.clone())).collect()
        };
        let media_type = request.header("content-type").map(Into::into).or(body.as_ref().map(|body| body.content_type.clone()));
        let set_here = |name: &String| ["authorization", "content-type"].iter().any(|own| name.eq_ignore_ascii_case(own));
        let others = request.headers.iter().filter(|(name, _)| !set_here(name));
        RecordedRequest {
            route: format!("{method} {template}"),
            path: path.clone(),
            query: query.iter().flat_map(each).collect(),
            is_signed_in: request.header("authorization").is_some(),
            media_type,
            body: body.as_ref().map(|body| body.content.clone()),
            method: method.clone(),
            headers: others.flat_map(each).collect(),
            raw: None,
        }
    }
    /// Puts a value into the path, in the place of a parameter that the provider's document names; nothing if the route has none of that name.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: &str) -> Self {
        let template = self.route.split_once(' ').map_or("", |(_, template)| template);
        let parts = self.path.split('/').zip(template.split('/'));
        let parts: Vec<_> = parts.map(|(part, named)| if named == format!("{{{parameter}}}") { value } else { part }).collect();
        self.path = parts.join("/");
        self
    }
    /// Sets a field of a JSON body that has it.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(field) = self.body.as_mut().and_then(|body| body.get_mut(name)) {
            *field = value.into();
        }
        self
    }
    /// Sets the parameters of the query.
    #[must_use]
    pub fn with_query(mut self, query: &[(&str, &str)]) -> Self {
        self.query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }
    /// Sets a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
    /// Sets a body that is not JSON, and its media type.
    #[must_use]
    pub fn with_body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        (self.media_type, self.raw) = (Some(media_type.into()), Some(body.into()));
        self
    }
    /// Sends it: in the name of the user who is signed in on this bus, or in nobody's if the consumer sent no token.
    pub async fn send<S: Send + Sync + 'static>(&self, bus: &MockBus<S>) -> HttpReply {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        let uri = if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) };
        let mut request = TestRequest::with_uri(&uri).method(self.method.parse().unwrap_or_default());
        for (name, value) in &self.headers {
            request = request.insert_header((name.as_str(), value.as_str()));
        }
        if let Some(media_type) = &self.media_type {
            request = request.insert_header(("content-type", media_type.as_str()));
        }
        let body = self.raw.clone().or(self.body.as_ref().map(|body| body.to_string().into_bytes()));
        if let Some(body) = body {
            request = request.set_payload(body);
        }
        if self.is_signed_in { bus.http(request).await } else { bus.http_of_nobody(request).await }
    }
}
