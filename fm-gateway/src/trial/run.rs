//! Runs a table that is not in force against one request, and shows what each step does.
//!
//! The request goes the way of all others, over a connection in memory; services are asked as they are for clients. What is counted stays here.

use super::{Explanation, Taken, TrialRequest, explain};
use crate::{
    api::Documents,
    front::{Challenges, ConnectionState, Gateway, GatewayMetrics, Limits, Load, Origin, PerAddress, RefusalLog, TlsSettings, serve},
    pipeline::{
        Catalogue, Compiled, Drivers, Worker, compile,
        trace::{Recorder, StepTrace},
    },
    table::{Problem, Problems, Table},
    upstream::Pool,
};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use fm_sdk::{
    health::Health,
    metrics::Metrics,
    trace::{TraceSettings, Tracer},
};
use http::{HeaderValue, Response, header};
use hyper::{
    body::{Body, Frame, Incoming},
    client, server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, timeout, timeout_at};

/// How long a table waits for its plugins, as when it is published.
const READY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the whole request may take; an event stream is shown as far as it has come by then.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes of an answer's body that are kept.
const MAX_BODY: usize = 1 << 20;
/// Bytes that are on their way between the two ends of the connection.
const BUFFER: usize = 64 * 1024;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialReport {
    pub explanation: Explanation,
    /// None, if no route takes the request.
    pub trace: Option<StepTrace>,
    /// None, if there was none in time.
    pub answer: Option<AnswerHead>,
    /// As far as it is kept; shown by nobody who does not ask for it.
    #[serde(skip)]
    pub body: Bytes,
}

/// The head of the answer as a client gets it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerHead {
    pub status: u16,
    /// Values that may be secrets are masked.
    pub headers: Vec<(String, String)>,
    /// Bytes of the body.
    pub length: usize,
    /// The body has not come to its end, or goes on beyond what is kept.
    pub truncated: bool,
}

/// Runs a table against a request. It must be called where tasks of one thread can be spawned (`actix_rt`, a `LocalSet`).
///
/// # Errors
/// All that is wrong with the table.
pub async fn run(table: &Table, catalogue: &Catalogue, drivers: &Drivers, request: &TrialRequest) -> Result<TrialReport, Problems> {
    let mut drivers = drivers.clone();
    drivers.tools.metrics = GatewayMetrics::new(Metrics::default());
    let compiled = compile(table, 0, catalogue, &drivers)?;
    let explanation = explain(table, request)?;
    let mut report = TrialReport { explanation, trace: None, answer: None, body: Bytes::new() };
    if let Taken::Refused { status, .. } = report.explanation.taken {
        report.answer = Some(AnswerHead { status, headers: Vec::new(), length: 0, truncated: false });
        return Ok(report);
    }
    // A service that nobody has asked for before is known a moment later.
    let _ = timeout(READY_TIMEOUT, compiled.ready()).await;
    let recorder = Recorder::default();
    let gateway = Arc::new(gateway(compiled, &drivers));
    let deadline = Instant::now() + TRIAL_TIMEOUT;
    if let Ok(answered) = timeout_at(deadline, exchange(gateway, request, recorder.clone(), deadline)).await {
        let (head, body, truncated) = answered.map_err(|why| Problems(vec![Problem::new("", "request-unsendable", why)]))?;
        let shown = |(name, value): (&header::HeaderName, &HeaderValue)| {
            (name.to_string(), recorder.masked(name.as_str(), &String::from_utf8_lossy(value.as_bytes())))
        };
        let headers = head.headers.iter().map(shown).collect();
        report.answer = Some(AnswerHead { status: head.status.as_u16(), headers, length: body.len(), truncated });
        report.body = body;
    }
    report.trace = recorder.trace();
    Ok(report)
}

/// A gateway with this table, for one request.
fn gateway(compiled: Compiled, drivers: &Drivers) -> Gateway {
    let (tools, limits) = (&drivers.tools, Limits::default());
    let metrics = tools.metrics.clone();
    Gateway {
        table: Arc::new(ArcSwapOption::from_pointee(compiled)),
        load: Load::new(1, metrics.under_way()),
        connections: PerAddress::new(1, &[], metrics.connections()),
        streams: PerAddress::new(1, &[], metrics.streams()),
        multiplexed: PerAddress::new(1, &[], metrics.multiplexed()),
        limits,
        trusted: Vec::new(),
        proxy_protocol: Vec::new(),
        hsts: TlsSettings::default().hsts(),
        redirect: None,
        challenges: Challenges::default(),
        pseudonym: format!("{}-trial", crate::NAME),
        draining: tools.draining.clone(),
        metrics,
        // What is only tried is no request of anybody.
        tracer: Tracer::new(crate::NAME, "trial", TraceSettings { memory_mib: 0, ..TraceSettings::default() }),
        documents: Documents::new(tools.services.clone(), Duration::ZERO),
        recent: Arc::default(),
        samples: Arc::default(),
        live: Arc::default(),
        health: Health::default(),
    }
}

/// Sends the request over a connection in memory and reads the answer; says whether its body is cut off.
async fn exchange(
    gateway: Arc<Gateway>,
    request: &TrialRequest,
    recorder: Recorder,
    deadline: Instant,
) -> Result<(http::response::Parts, Bytes, bool), String> {
    let (ours, theirs) = tokio::io::duplex(BUFFER);
    let worker = Rc::new(Worker { pool: Pool::start(), refusals: RefusalLog::default() });
    let state = ConnectionState::new(false);
    let origin = Rc::new(if request.https { Origin::encrypted(request.client, None) } else { Origin::clear(request.client) });
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(recorder.clone());
        let served = serve(gateway.clone(), worker.clone(), state.clone(), origin.clone(), request);
        async move { Ok::<_, Infallible>(served.await) }
    });
    let mut server = pin!(server::conn::http1::Builder::new().serve_connection(TokioIo::new(theirs), service));
    let handshake = client::conn::http1::Builder::new().handshake(TokioIo::new(ours)).await;
    let (mut sender, connection) = handshake.map_err(|e| e.to_string())?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async {
        let response = sender.send_request(outgoing(request)).await.map_err(|e| e.to_string())?;
        Ok(read(response, deadline).await)
    });
    poll_fn(|cx| {
        // Both ends are driven here: neither outlives the trial.
        let _ = server.as_mut().poll(cx);
        let _ = connection.as_mut().poll(cx);
        answer.as_mut().poll(cx)
    })
    .await
}

fn outgoing(request: &TrialRequest) -> http::Request<Whole> {
    let mut outgoing = request.with(Whole(Some(request.body.clone()).filter(|body| !body.is_empty())));
    let headers = outgoing.headers_mut();
    // The body's own framing.
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    outgoing
}

async fn read(response: Response<Incoming>, deadline: Instant) -> (http::response::Parts, Bytes, bool) {
    let (head, body) = response.into_parts();
    let (mut body, mut kept) = (pin!(body), Vec::new());
    // Some time is left to hand over what has come.
    let deadline = deadline - Duration::from_secs(1);
    loop {
        match timeout_at(deadline, poll_fn(|cx| body.as_mut().poll_frame(cx))).await {
            Ok(None) => return (head, kept.into(), false),
            Ok(Some(Ok(frame))) => {
                let Ok(data) = frame.into_data() else { continue };
                let room = MAX_BODY - kept.len();
                kept.extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    return (head, kept.into(), true);
                }
            }
            Ok(Some(Err(_))) | Err(_) => return (head, kept.into(), true),
        }
    }
}

/// A body that is there as a whole.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

impl fmt::Display for TrialReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explanation = self.explanation.to_string();
        writeln!(f, "{}", explanation.lines().next().unwrap_or_default())?;
        if let Some(trace) = &self.trace {
            write!(f, "{trace}")?;
        }
        let Some(answer) = &self.answer else { return writeln!(f, "no answer within {TRIAL_TIMEOUT:?}") };
        let cut = if answer.truncated { ", cut off" } else { "" };
        writeln!(f, "answer {}, {} bytes{cut}", answer.status, answer.length)?;
        for (name, value) in &answer.headers {
            writeln!(f, "     {name}: {value}")?;
        }
        Ok(())
    }
}
