//! Middleware around HTTP requests.

use super::{Invocation, InvocationKind, Layers, run};
use crate::{Error, http::is_operational, identity::identity_of};
use actix_web::{
    HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use std::{cell::RefCell, sync::Arc};

/// Surrounds a request with the layers of a service, for [`actix_web::middleware::from_fn`].
pub(crate) async fn surround<B: MessageBody + 'static>(
    layers: Arc<Layers>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if layers.is_empty() || is_operational(request.path()) {
        return next.call(request).await;
    }
    let name = format!("{} {}", request.method(), request.match_pattern().as_deref().unwrap_or("none"));
    let identity = identity_of(request.request()).unwrap_or_default();
    let invocation = Invocation::new(InvocationKind::Http, name, identity, 1);
    request.extensions_mut().insert(invocation.context().clone());
    // A response that is an error is told to the middleware as one, and leaves as it is if they do not replace it.
    let failed = RefCell::new(None);
    let handler = async {
        let response = next.call(request).await;
        let status = response.as_ref().map_or_else(|e| e.as_response_error().status_code(), ServiceResponse::status);
        invocation.set_status(status.as_u16());
        let error = response.as_ref().map_or_else(Some, |r| r.response().error()).and_then(|e| e.as_error::<Error>()).cloned();
        match error {
            None => Ok(response),
            Some(e) => {
                *failed.borrow_mut() = Some((response, e.clone()));
                Err(e)
            }
        }
    };
    match (run(&layers, &invocation, handler).await, failed.take()) {
        (Ok(response), _) => response,
        (Err(e), Some((response, own))) if e.kind() == own.kind() && e.code() == own.code() => response,
        (Err(e), _) => Err(e.into()),
    }
}
