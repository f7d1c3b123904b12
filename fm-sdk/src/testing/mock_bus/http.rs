use super::MockBus;
use crate::{http::Observe, service::surround};
use actix_web::{
    App, HttpMessage,
    body::to_bytes,
    dev::Service,
    http::header::{AUTHORIZATION, HeaderMap},
    middleware::from_fn,
    test::{self, TestRequest},
};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// What the service answered.
#[derive(Debug)]
pub struct HttpReply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// Reads the body.
    ///
    /// # Panics
    /// If it is no JSON of this shape.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}", String::from_utf8_lossy(&self.body)))
    }
    /// The stable code of a problem.
    ///
    /// # Panics
    /// If the body is no `application/problem+json`.
    #[track_caller]
    pub fn code(&self) -> String {
        let media_type = self.header("content-type");
        assert_eq!(media_type, Some("application/problem+json"), "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        self.json::<serde_json::Value>()["code"].as_str().expect("a code").into()
    }
    /// A header's value, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl<S: Send + Sync + 'static> MockBus<S> {
    /// Sends an HTTP request to the service's routes, in the name of the signed-in user unless it has a header of its own.
    pub async fn http(&self, request: TestRequest) -> HttpReply {
        let mut request = request.to_request();
        if let Some(token) = self.token.borrow().as_deref()
            && !request.headers().contains_key(AUTHORIZATION)
        {
            let value = format!("Bearer {token}").parse().expect("a header value");
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        self.drive(async {
            let layers = Arc::new(self.service.layers.clone());
            let app = App::new()
                .configure(|cfg| self.service.configure(&self.rt, cfg))
                .wrap(from_fn(move |request, next| surround(layers.clone(), request, next)))
                .wrap(Observe::new(self.rt.metrics.clone(), self.rt.draining.clone()).traced(self.rt.tracer.clone()));
            // What fails outside of a handler is an error here; a server makes its response of it.
            let answered = test::init_service(app).await.call(request).await;
            let answer = answered.map_or_else(|e| e.error_response(), |r| r.into_parts().1);
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = to_bytes(answer.into_body()).await.expect("a body");
            HttpReply { status: status.as_u16(), headers, body: body.to_vec() }
        })
        .await
    }
    /// Sends an HTTP request in nobody's name, whoever is signed in.
    pub(in crate::testing) async fn http_of_nobody(&self, request: TestRequest) -> HttpReply {
        let token = self.token.take();
        let reply = self.http(request).await;
        self.token.replace(token);
        reply
    }
    /// `GET path`.
    pub async fn get(&self, path: &str) -> HttpReply {
        self.http(TestRequest::get().uri(path)).await
    }
    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: impl Serialize) -> HttpReply {
        self.http(TestRequest::post().uri(path).set_json(body)).await
    }
    /// `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: impl Serialize) -> HttpReply {
        self.http(TestRequest::put().uri(path).set_json(body)).await
    }
    /// `PATCH path` with a JSON body.
    pub async fn patch(&self, path: &str, body: impl Serialize) -> HttpReply {
        self.http(TestRequest::patch().uri(path).set_json(body)).await
    }
    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> HttpReply {
        self.http(TestRequest::delete().uri(path)).await
    }
}
