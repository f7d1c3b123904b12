//! Compares requests with the OpenAPI document of the service that they go to, and refuses what the document does not allow.

mod body;
mod document;
mod errors;
mod operation;
mod parameter;
mod settings;
mod source;

use crate::pipeline::{Answer, Decision, Drivers, Exchange, Flow, Phases, Plugin, Step};
use body::Refused;
use boon::Schemas;
use document::{Document, Lookup};
use fm_sdk::{Error, FieldError, Kind};
use futures::future::LocalBoxFuture;
use http::StatusCode;
use operation::Operation;
use serde_json::{Map, Value};
use settings::{Otherwise, Settings};
use source::{Source, Sources};

#[derive(Default)]
pub struct RequestValidation {
    sources: Sources,
}

struct Validation {
    settings: Settings,
    source: Source,
    drivers: Drivers,
}

impl Plugin for RequestValidation {
    fn name(&self) -> &'static str {
        "request-validation"
    }

    fn about(&self) -> &'static str {
        "Refuses requests that the service's OpenAPI document does not allow"
    }

    fn schema(&self) -> Value {
        settings::schema()
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings = Settings::read(settings)?;
        let source = self.sources.of(&settings.service, drivers.tools.services.watch(&settings.service));
        Ok(Box::new(Validation { settings, source, drivers: drivers.clone() }))
    }
}

impl Step for Validation {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.source.ready())
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let Some(document) = self.source.current() else {
            self.count(exchange, "unknown");
            return match self.settings.unknown {
                Otherwise::Pass => Flow::pass(),
                Otherwise::Refuse => {
                    Flow::fail(Error::new(Kind::Unavailable, "schema-unknown", "it is not known yet what may be sent here").retry_after(1))
                }
            };
        };
        Flow::Later(Box::pin(self.validate(exchange, document)))
    }
}

impl Validation {
    async fn validate(&self, exchange: &mut Exchange, document: std::sync::Arc<Document>) -> Decision {
        let path = exchange.upstream_path.as_deref().unwrap_or_else(|| exchange.path());
        let (operation, parameters) = match document.find(&exchange.head.method, path) {
            Lookup::Found { operation, parameters } => (operation, parameters),
            Lookup::Unusable => {
                self.count(exchange, "unusable");
                return Decision::Pass;
            }
            Lookup::Undocumented => {
                self.count(exchange, "undocumented");
                return match self.settings.undocumented {
                    Otherwise::Pass => Decision::Pass,
                    Otherwise::Refuse => Decision::Fail(Error::new(Kind::NotFound, "not-found", "there is nothing here")),
                };
            }
        };
        let mut errors = operation.check_parameters(&document.schemas, &parameters, exchange.head.uri.query().unwrap_or_default());
        if let Err(refused) = self.check_body(exchange, &document.schemas, operation, &mut errors).await {
            self.count(exchange, "invalid");
            return refuse(exchange, refused);
        }
        if errors.is_empty() {
            self.count(exchange, "valid");
            return Decision::Pass;
        }
        self.count(exchange, "invalid");
        Decision::Fail(malformed(errors))
    }

    /// Reads the body if the document says what is in it, and adds what is wrong with it.
    async fn check_body(
        &self,
        exchange: &mut Exchange,
        schemas: &Schemas,
        operation: &Operation,
        errors: &mut Vec<FieldError>,
    ) -> Result<(), Refused> {
        let Some(expected) = &operation.body else { return Ok(()) };
        if exchange.length.is_zero() {
            if expected.required {
                errors.push(FieldError { field: String::new(), message: "a body is required".into() });
            }
            return Ok(());
        }
        let Some(schema) = expected.schema_for(&exchange.head.headers)? else { return Ok(()) };
        let limit = exchange.max_body.min(self.settings.max_body);
        let value = body::read(exchange, limit, self.settings.timeout).await?;
        errors::of(schemas, schema, &value, "", errors);
        Ok(())
    }

    fn count(&self, exchange: &Exchange, outcome: &'static str) {
        self.drivers.tools.metrics.validated(&exchange.route.id, outcome);
    }
}

/// The same code and shape as that of services that cannot read a request.
fn malformed(errors: Vec<FieldError>) -> Error {
    let list: Vec<String> = errors
        .iter()
        .map(|error| if error.field.is_empty() { error.message.clone() } else { format!("{}: {}", error.field, error.message) })
        .collect();
    let text = list.join("; ");
    Error::new(Kind::Malformed, "malformed", text).with_fields(errors)
}

fn refuse(exchange: &Exchange, refused: Refused) -> Decision {
    Decision::Fail(match refused {
        Refused::TooSlow => {
            let error = Error::new(Kind::Malformed, "body-too-slow", "the request body came too slowly");
            return Decision::Answer(Answer::problem_as(StatusCode::REQUEST_TIMEOUT, &error, &exchange.trace));
        }
        Refused::Broken => Error::new(Kind::Malformed, "body-broken", "the request body did not come to its end"),
        Refused::TooLarge(limit) => Error::new(Kind::TooLarge, "too-large", format!("at most {limit} bytes are taken here")),
        Refused::MediaType => Error::new(Kind::Unsupported, "unsupported-media-type", "a body of this type is not taken here"),
        Refused::NotJson(why) => malformed(vec![FieldError { field: String::new(), message: why }]),
    })
}
