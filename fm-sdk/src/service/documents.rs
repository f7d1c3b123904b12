//! The documents that describe a service: AsyncAPI for its messages, OpenAPI for its routes.

use super::{Service, asyncapi, openapi};
use crate::Result;
use actix_web::{
    HttpResponse,
    web::{ServiceConfig, get},
};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

type Describe = Arc<dyn Fn() -> Result<Value> + Send + Sync>;

/// What a service says of its routes, and the documents once somebody has asked for them.
#[derive(Clone, Default)]
pub(crate) struct Documents {
    http: Option<Describe>,
    made: Arc<[OnceLock<String>; 2]>,
}

impl Documents {
    pub fn describe_http(&mut self, document: impl Fn() -> Result<Value> + Send + Sync + 'static) {
        self.http = Some(Arc::new(document));
    }

    /// Mounts them beside the service's own routes.
    pub fn serve<S: Send + Sync + 'static>(&self, service: &Service<S>, cfg: &mut ServiceConfig) {
        let (own, made) = (service.clone(), self.made.clone());
        cfg.route(
            "/asyncapi.json",
            get().to(move || {
                let json = made[0].get_or_init(|| own.asyncapi().to_string()).clone();
                async move { HttpResponse::Ok().content_type("application/json").body(json) }
            }),
        );
        let Some(describe) = self.http.clone() else { return };
        let made = self.made.clone();
        cfg.route(
            "/openapi.json",
            get().to(move || {
                let json = match made[1].get() {
                    Some(json) => Ok(json.clone()),
                    None => describe().map(|document| made[1].get_or_init(|| openapi::complete(document).to_string()).clone()),
                };
                async move { json.map(|json| HttpResponse::Ok().content_type("application/json").body(json)) }
            }),
        );
    }
}

impl<S: Send + Sync + 'static> Service<S> {
    /// What the service publishes, listens to, obeys and answers: an AsyncAPI 3.0 document.
    #[must_use]
    pub fn asyncapi(&self) -> Value {
        asyncapi::document(self)
    }
    /// What the service answers over HTTP: the document given to [`Service::openapi`], with what all services have in common.
    ///
    /// # Errors
    /// If that document cannot be serialised.
    pub fn openapi_document(&self) -> Result<Option<Value>> {
        self.documents.http.as_ref().map(|describe| describe().map(openapi::complete)).transpose()
    }
}
