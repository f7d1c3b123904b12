//! Asks a service whether a request may pass. It lets in what that service has let in, and nothing else: no answer, a late one and one that says neither
//! yes nor no are refusals.

mod call;
mod settings;

use super::consumer::refuse;
use crate::pipeline::{Decision, Drivers, Exchange, Flow, Phases, Plugin, Step};
use call::Ask;
use fm_sdk::{Error, Kind};
use futures::future::LocalBoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Map, Value};
use settings::Settings;

pub struct ExternalAuth;

struct Guard {
    ask: Ask,
    /// Headers that its answer has for the service behind; no client can send them.
    copy: Vec<HeaderName>,
    drivers: Drivers,
}

impl Plugin for ExternalAuth {
    fn name(&self) -> &'static str {
        "external-auth"
    }

    fn about(&self) -> &'static str {
        "Asks a service whether a request may pass"
    }

    fn schema(&self) -> Value {
        settings::schema()
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn restricts(&self) -> bool {
        true
    }

    fn guards(&self, _: &Map<String, Value>) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { ask, copy } = Settings::read(settings, drivers)?;
        Ok(Box::new(Guard { ask, copy, drivers: drivers.clone() }))
    }
}

impl Step for Guard {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.ask.ready())
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        Flow::Later(Box::pin(self.decide(exchange)))
    }
}

impl Guard {
    async fn decide(&self, exchange: &mut Exchange) -> Decision {
        let (status, said) = match self.ask.send(exchange).await {
            Ok(answer) => answer,
            Err(failure) => {
                self.drivers.tools.metrics.upstream_failed(self.ask.name(), failure.reason());
                log::info!(route = exchange.route.id.as_str(), upstream = self.ask.name(); "external-auth: request refused: {failure}");
                return Decision::Fail(unavailable());
            }
        };
        match status {
            status if status.is_success() => {
                self.accept(exchange, &said);
                Decision::Pass
            }
            StatusCode::UNAUTHORIZED => {
                let challenge = said.get(WWW_AUTHENTICATE).cloned().unwrap_or(HeaderValue::from_static("Bearer"));
                refuse(exchange, "external-auth-unauthenticated", "sign in first", &challenge)
            }
            StatusCode::FORBIDDEN => Decision::Fail(Error::new(Kind::Forbidden, "external-auth-refused", "this is not allowed")),
            status => {
                log::info!(route = exchange.route.id.as_str(), upstream = self.ask.name(), status = status.as_u16(); "external-auth: request refused: unexpected status from the authorization service");
                Decision::Fail(unavailable())
            }
        }
    }

    /// Hands on what the service says of the client. Headers that it does not send are taken out: nobody else may say them.
    fn accept(&self, exchange: &mut Exchange, said: &HeaderMap) {
        for name in &self.copy {
            exchange.head.headers.remove(name);
            for value in said.get_all(name) {
                exchange.head.headers.append(name, value.clone());
            }
        }
        exchange.is_authorized_elsewhere = true;
    }
}

fn unavailable() -> Error {
    Error::new(Kind::Unavailable, "external-auth-unavailable", "it cannot be checked who asks").retry_after(1)
}
