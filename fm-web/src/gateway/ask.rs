use super::{Answer, answer::Chunks, connector};
use crate::request_context::Caller;
use actix_web::{
    body::SizedStream,
    dev::Payload,
    error::PayloadError,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use awc::error::{ConnectError, SendRequestError};
use fm_sdk::{Error, Kind, Result, ResultExt, trace};
use futures::{FutureExt, Stream, future::select_ok};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// A page waits no longer for one of its parts.
const READ: Duration = Duration::from_secs(3);
/// A read that is silent for this time is sent a second time: a gateway that was taken away without a word leaves connections on which
/// nothing comes any more.
const HEDGE: Duration = Duration::from_secs(1);
/// What changes something may wait for other services.
const WRITE: Duration = Duration::from_secs(15);
/// Pictures may come over a slow line.
const UPLOAD: Duration = Duration::from_secs(600);
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request to the API that has not been sent yet.
#[must_use = "a request does nothing until it is sent"]
pub struct Ask {
    method: Method,
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    within: Duration,
    unfit: Option<Error>,
}

impl Ask {
    pub(super) fn new(method: Method, url: String, caller: &Caller) -> Self {
        let within = if method == Method::GET { READ } else { WRITE };
        let mut ask = Ask { method, url, headers: Vec::new(), body: Bytes::new(), within, unfit: None }
            .header(header::X_FORWARDED_FOR, &caller.forwarded_for);
        if let Some(token) = &caller.token {
            ask = ask.header(header::AUTHORIZATION, &format!("Bearer {token}"));
        }
        ask
    }
    /// Appends a query, encoded already.
    pub fn query(mut self, query: &str) -> Self {
        if !query.is_empty() {
            self.url = format!("{}?{query}", self.url);
        }
        self
    }
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.headers.push((name, value)),
            Err(e) => self.unfit = Some(Error::new(Kind::Malformed, "header", "a header that is none").caused_by(e)),
        }
        self
    }
    /// Sets the body, as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body).internal() {
            Ok(bytes) => self.body = bytes.into(),
            Err(e) => self.unfit = Some(e),
        }
        self.header(header::CONTENT_TYPE, "application/json")
    }
    /// Limits the time until the whole answer is there.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Sends it. A `GET` whose connection breaks, or stays silent for a second, is sent once more by a new connection; the first answer
    /// counts.
    ///
    /// # Errors
    /// `Unavailable` if the gateway cannot be reached, `TimedOut`. An answer of any status is no error: see [`Answer::success`].
    pub async fn send(mut self) -> Result<Answer> {
        if let Some(unfit) = self.unfit.take() {
            return Err(unfit);
        }
        let ask = self.traced();
        let deadline = Instant::now() + ask.within;
        if ask.method != Method::GET {
            return ask.once(connector::pooled(), deadline).await.map_err(Failure::into_error);
        }
        let mut first = ask.once(connector::pooled(), deadline).boxed_local();
        let answer = match timeout(HEDGE, &mut first).await {
            Ok(Err(Failure::Broken(_))) => ask.once(connector::unpooled(), deadline).await,
            Ok(answer) => answer,
            Err(_) => select_ok([first, ask.once(connector::unpooled(), deadline).boxed_local()]).await.map(|(answer, _)| answer),
        };
        answer.map_err(Failure::into_error)
    }

    /// Sends it with a body that is handed on while it comes, and waits as long as it keeps coming.
    ///
    /// # Errors
    /// Those of [`Ask::send`].
    pub async fn stream(
        self,
        media_type: &str,
        length: Option<u64>,
        body: impl Stream<Item = std::result::Result<Bytes, PayloadError>> + 'static,
    ) -> Result<Answer> {
        let ask = self.header(header::CONTENT_TYPE, media_type).traced();
        if let Some(unfit) = ask.unfit {
            return Err(unfit);
        }
        let deadline = Instant::now() + UPLOAD;
        let mut request = connector::pooled().request(ask.method.clone(), &ask.url);
        for (name, value) in &ask.headers {
            request = request.append_header((name, value));
        }
        let sent = match length {
            Some(length) => request.send_body(SizedStream::new(length, body)).boxed_local(),
            None => request.send_stream(body).boxed_local(),
        };
        match timeout_at(deadline, sent).await {
            Ok(Ok(raw)) => Answer::read(raw.map_body(|_, body| Payload::<Chunks>::Stream { payload: Box::pin(body) }), deadline).await,
            Ok(Err(e)) => Err(unreachable(&e).maybe_done()),
            Err(_) => Err(Error::timed_out(true)),
        }
    }

    fn traced(mut self) -> Self {
        if let Some(trace) = trace::current().map(|t| t.child())
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            self.headers.push((TRACEPARENT, value));
        }
        self
    }

    async fn once(&self, client: awc::Client, deadline: Instant) -> std::result::Result<Answer, Failure> {
        let mut request = client.request(self.method.clone(), &self.url);
        for (name, value) in &self.headers {
            request = request.append_header((name, value));
        }
        match timeout_at(deadline, request.send_body(self.body.clone())).await {
            Ok(Ok(raw)) => {
                let raw = raw.map_body(|_, body| Payload::<Chunks>::Stream { payload: Box::pin(body) });
                Answer::read(raw, deadline).await.map_err(Failure::Broken)
            }
            Ok(Err(e)) if refused(&e) => Err(Failure::Refused(unreachable(&e))),
            Ok(Err(e)) => Err(Failure::Broken(unreachable(&e))),
            Err(_) => Err(Failure::Refused(Error::timed_out(self.method != Method::GET))),
        }
    }
}

/// Why there is no answer.
enum Failure {
    /// Asking again at once is of no use.
    Refused(Error),
    /// The connection broke.
    Broken(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Failure::Refused(error) | Failure::Broken(error) => error,
        }
    }
}

/// awc's errors are not `Send`.
fn unreachable(why: &SendRequestError) -> Error {
    let why = std::io::Error::other(why.to_string());
    Error::new(Kind::Unavailable, "gateway-unreachable", "the gateway cannot be reached").caused_by(why)
}

/// Nobody listens there: asking again at once is of no use.
fn refused(error: &SendRequestError) -> bool {
    matches!(error, SendRequestError::Connect(e) if !matches!(e, ConnectError::Disconnected)) || matches!(error, SendRequestError::Url(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread::spawn,
    };

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    /// Takes each connection up in turn, reads a request, and does with it what its entry says.
    fn gateway(connections: Vec<fn(TcpStream)>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        spawn(move || {
            for serve in connections {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                spawn(move || serve(stream));
            }
        });
        url
    }
    fn answers(mut stream: TcpStream) {
        stream.write_all(ANSWER).unwrap();
    }
    /// Says nothing until the other side has gone.
    fn is_silent(mut stream: TcpStream) {
        let _ = stream.read(&mut [0; 1]);
    }
    fn breaks(stream: TcpStream) {
        drop(stream);
    }
    fn breaks_within_the_body(mut stream: TcpStream) {
        stream.write_all(&ANSWER[..ANSWER.len() - 1]).unwrap();
    }
    fn breaks_between_chunks(mut stream: TcpStream) {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n").unwrap();
    }
    fn breaks_within_a_chunk(mut stream: TcpStream) {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[").unwrap();
    }
    fn breaks_within_the_head(mut stream: TcpStream) {
        stream.write_all(&ANSWER[..20]).unwrap();
    }
    /// Answers one request, and is silent when the next one comes by the same connection.
    fn answers_once(mut stream: TcpStream) {
        stream.write_all(ANSWER).unwrap();
        is_silent(stream);
    }
    fn ask(method: Method, url: &str) -> Ask {
        Ask::new(method, url.to_owned(), &Caller { forwarded_for: "203.0.113.7".into(), token: None })
    }

    #[actix_web::test]
    async fn a_read_survives_one_gateway_that_breaks_or_is_silent() {
        let faults: [(_, fn(TcpStream)); 6] = [
            ("breaks", breaks),
            ("breaks within the head", breaks_within_the_head),
            ("breaks within the body", breaks_within_the_body),
            ("breaks between chunks", breaks_between_chunks),
            ("breaks within a chunk", breaks_within_a_chunk),
            ("is silent", is_silent),
        ];
        for (fault, first) in faults {
            let url = gateway(vec![first, answers]);
            let answer = ask(Method::GET, &url).send().await;
            assert_eq!(answer.map(|a| a.body).ok().as_deref(), Some(b"ok".as_slice()), "{fault}");
        }
    }

    #[actix_web::test]
    async fn a_read_survives_a_pooled_connection_that_has_gone_silent() {
        let url = gateway(vec![answers_once, answers]);
        for _ in 0..2 {
            assert_eq!(ask(Method::GET, &url).send().await.unwrap().body, "ok");
        }
    }

    #[actix_web::test]
    async fn a_read_that_finds_silence_only_ends_in_its_time() {
        let url = gateway(vec![is_silent, is_silent]);
        let error = ask(Method::GET, &url).within(Duration::from_millis(1_200)).send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::TimedOut);
    }

    #[actix_web::test]
    async fn a_change_is_sent_once_whatever_becomes_of_it() {
        for first in [breaks, is_silent] {
            let url = gateway(vec![first, answers]);
            let error = ask(Method::POST, &url).within(Duration::from_millis(1_500)).send().await.unwrap_err();
            assert!(matches!(error.kind(), Kind::TimedOut | Kind::Unavailable), "{error}");
        }
    }
}
