//! The question: a GET about a request, on a connection of the worker's pool.

use crate::{
    drain::Drains,
    pipeline::{Drivers, Exchange},
    upstream::{BodyStream, Call, Chooser, Connection, Failure, Head, Times, Unsent, Upload, chooser::weighted_in},
};
use fm_sdk::registry::{balance::RequestOutcome, services::Instances};
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header::HOST};
use hyper::body::Incoming;
use std::{
    io,
    time::{Duration, Instant},
};

/// Bodies of answers up to this size, in bytes, are read past, so that the connection serves the next question.
const READ_PAST: usize = 16 * 1024;

pub struct Ask {
    pub whom: Whom,
    pub path: Uri,
    pub timeout: Duration,
    pub send: Vec<HeaderName>,
}

pub enum Whom {
    Fixed { authority: String },
    Service { name: String, instances: Instances, chooser: Chooser, drains: Drains },
}

impl Whom {
    pub fn service(name: &str, drivers: &Drivers) -> Whom {
        let tools = &drivers.tools;
        let instances = tools.services.watch(name);
        Whom::Service { name: name.into(), instances, chooser: tools.chooser.clone(), drains: tools.drains.clone() }
    }

    /// `None`, if it is not `http://host:port`.
    pub fn fixed(url: &str) -> Option<Whom> {
        let authority = url.strip_prefix("http://")?;
        let uri: Uri = authority.parse().ok()?;
        (uri.authority()?.port_u16()? > 0 && uri.authority()?.as_str() == authority && !authority.contains('@'))
            .then(|| Whom::Fixed { authority: authority.into() })
    }
}

impl Ask {
    pub fn name(&self) -> &str {
        match &self.whom {
            Whom::Fixed { authority } => authority,
            Whom::Service { name, .. } => name,
        }
    }

    pub async fn ready(&self) {
        if let Whom::Service { instances, .. } = &self.whom {
            instances.ready(Duration::MAX).map(drop).await;
        }
    }

    /// Gives status and headers of the answer.
    ///
    /// # Errors
    /// See [`Failure`]: whoever gets one knows nothing of the client.
    pub async fn send(&self, exchange: &Exchange) -> Result<(StatusCode, HeaderMap), Failure> {
        let deadline = Instant::now() + self.timeout;
        let asked = tokio::time::timeout_at(deadline.into(), self.ask(exchange, deadline));
        asked.await.unwrap_or(Err(Failure::HeadTimeout))
    }

    /// Asks one instance, and another one if the first cannot be reached.
    async fn ask(&self, exchange: &Exchange, deadline: Instant) -> Result<(StatusCode, HeaderMap), Failure> {
        let (instances, chooser) = match &self.whom {
            Whom::Fixed { authority } => return self.once(exchange, authority, deadline).await,
            Whom::Service { instances, chooser, drains, .. } => (weighted_in(drains.available(instances.list())), chooser),
        };
        let mut tried: Vec<&str> = Vec::new();
        loop {
            let Some(picked) = chooser.pick(&instances, &tried, true) else {
                return Err(Failure::Connect(io::Error::new(io::ErrorKind::NotConnected, "no instance answers")));
            };
            let (instance, started) = (&instances[picked.index], Instant::now());
            tried.push(&instance.id);
            let authority = instance.url.strip_prefix("http://").ok_or(Failure::Unsendable)?;
            let result = self.once(exchange, authority, deadline).await;
            match &result {
                Ok(_) => picked.done(started.elapsed(), RequestOutcome::Answered),
                Err(failure) if failure.blames_upstream() => picked.done(started.elapsed(), RequestOutcome::Unreachable),
                Err(_) => {}
            }
            match result {
                Err(failure) if failure.nothing_sent() && tried.len() == 1 => {}
                result => return result,
            }
        }
    }

    async fn once(&self, exchange: &Exchange, authority: &str, deadline: Instant) -> Result<(StatusCode, HeaderMap), Failure> {
        let times = Times { connect: self.timeout, head: self.timeout, idle: self.timeout, client: Duration::ZERO };
        let call = |connection| Call::new(connection, times, Some(deadline.into()));
        if let Some(connection) = exchange.worker.pool.take(authority) {
            let mut call = call(connection);
            match call.send(self.request(exchange, authority)?).await {
                Ok((head, body)) => return read_past(exchange, call, head, body).await,
                // The instance closed the connection just when it was taken.
                Err(Unsent { failure: Failure::Broken(_), .. }) => {}
                Err(Unsent { failure, .. }) => return Err(failure),
            }
        }
        let mut call = call(Connection::open(authority, times.connect).await?);
        let (head, body) = call.send(self.request(exchange, authority)?).await.map_err(|unsent| unsent.failure)?;
        read_past(exchange, call, head, body).await
    }

    /// What is asked: the chosen headers, and what the request is, by the names that Traefik and others use.
    fn request(&self, exchange: &Exchange, authority: &str) -> Result<Request<Upload>, Failure> {
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Failure::Unsendable);
        let mut request = Request::new(Upload::none());
        *request.uri_mut() = self.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, value(authority)?);
        for name in &self.send {
            if exchange.recorder.is_some() {
                exchange.note_read(&format!("header.{name}"));
            }
            for sent in exchange.head.headers.get_all(name) {
                headers.append(name, sent.clone());
            }
        }
        let query = exchange.head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let uri = format!("{}{query}", exchange.path());
        let client = &exchange.client;
        for (name, said) in [
            ("x-forwarded-method", value(exchange.head.method.as_str())?),
            ("x-forwarded-uri", value(&uri)?),
            ("x-forwarded-host", client.authority.clone()),
            ("x-forwarded-proto", HeaderValue::from_static(client.scheme)),
            ("x-forwarded-for", value(&client.forwarded_for)?),
            ("traceparent", value(&exchange.trace.child().to_string())?),
        ] {
            headers.insert(HeaderName::from_static(name), said);
        }
        Ok(request)
    }
}

async fn read_past(exchange: &Exchange, call: Call, head: Head, body: Incoming) -> Result<(StatusCode, HeaderMap), Failure> {
    let mut stream = BodyStream::new(call, &head, body, exchange.worker.pool.clone());
    // What is longer is left, and the connection closed.
    stream.whole(READ_PAST as u64).await?;
    Ok((head.status, head.headers))
}
