//! One request on its way through a pipeline.

use super::{CompiledRoute, Outcome, trace::Recorder};
use crate::{
    front::{ClientCertificate, Place, RefusalLog, RequestBody},
    live::{LiveRequest, LiveRequests},
    plugins::{cache::Forwarded, rate_limit::Quota},
    upstream::{Chooser, Length, Pool},
};
use fm_sdk::{
    Identity,
    registry::{
        balance::{InstanceHealth, Picked},
        services::Instance,
    },
    time::now_ms,
    trace::{Span, TraceParent},
};
use http::{HeaderValue, request::Parts};
use std::{any::Any, borrow::Cow, net::IpAddr, rc::Rc, sync::Arc, time::Instant};

/// What belongs to one worker thread.
pub struct Worker {
    pub pool: Rc<Pool>,
    pub refusals: RefusalLog,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Client {
    /// The address of the client itself: behind trusted proxies what they say, else the peer's.
    pub ip: IpAddr,
    /// What goes on as `X-Forwarded-For`: the addresses that are believed, and the peer's.
    pub forwarded_for: String,
    /// `https`, if the client's connection is encrypted, or a trusted proxy says so of it.
    pub scheme: &'static str,
    /// Host and perhaps port that it asked for, in lower case.
    pub authority: HeaderValue,
    /// The certificate that it has shown to this gateway.
    pub certificate: Option<Rc<ClientCertificate>>,
}

impl Client {
    /// The host it asked for, without port.
    pub fn host(&self) -> &str {
        crate::front::host_of(self.authority.to_str().unwrap_or_default())
    }
}

/// Where a request may go: the instances of one service.
#[derive(Clone)]
pub struct Upstream {
    pub name: Arc<str>,
    pub instances: Arc<[Instance]>,
    pub chooser: Chooser,
}

impl Upstream {
    /// Chooses one of the instances that were not tried; see [`Chooser::pick`].
    pub fn pick(&self, tried: &[&str], is_repeatable: bool) -> Option<Picked> {
        self.chooser.pick(&self.instances, tried, is_repeatable)
    }

    /// How an instance stands.
    pub fn health(&self, instance: &Instance) -> InstanceHealth {
        self.chooser.balancer.health(instance)
    }
}

/// A request, what is known about it, and what the steps before found out.
pub struct Exchange {
    pub head: Parts,
    /// The normal path, where it is not the one that was sent.
    pub(crate) normal_path: Option<String>,
    /// Taken by the step that sends it on.
    pub body: Option<RequestBody>,
    pub length: Length,
    /// The most bytes of the body that may be sent on.
    pub max_body: u64,
    /// The path that the upstream gets instead of the one that was asked for, in its normal form.
    pub upstream_path: Option<String>,
    pub client: Client,
    pub trace: TraceParent,
    /// The span of the request.
    pub(crate) span: Span,
    pub started: Instant,
    pub route: Arc<CompiledRoute>,
    pub identity: Option<Identity>,
    /// The client that a step has recognised by credentials that only the gateway knows: an API key, a password.
    pub consumer: Option<Arc<str>>,
    /// Another service has let it in, by what only that one understands: its answer is for nobody else, unless it is public.
    pub is_authorized_elsewhere: bool,
    pub upstream: Option<Upstream>,
    /// What a rate limit has left for who asks.
    pub quota: Option<Quota>,
    /// What the cache wants to know when the answer comes.
    pub(crate) forwarded: Option<Forwarded>,
    /// The place in the pipeline of the step that is called.
    pub(crate) step: usize,
    pub worker: Rc<Worker>,
    /// Its place among the requests under way.
    pub(crate) place: Option<Place>,
    pub(super) vars: Vec<(Cow<'static, str>, String)>,
    /// What steps keep, by their place in the pipeline.
    kept: Vec<(usize, Box<dyn Any>)>,
    /// Records what the steps do, where somebody has asked for it.
    pub recorder: Option<Recorder>,
    /// Is told of the answer, where somebody watches.
    pub(crate) live: Option<Arc<LiveRequests>>,
}

impl Exchange {
    #[expect(clippy::too_many_arguments, reason = "called once, by the front")]
    pub(crate) fn new(
        head: Parts,
        normal_path: Option<String>,
        body: Option<RequestBody>,
        length: Length,
        client: Client,
        trace: TraceParent,
        route: Arc<CompiledRoute>,
        worker: Rc<Worker>,
    ) -> Self {
        let (identity, upstream, quota, place, vars, started) = (None, None, None, None, Vec::new(), Instant::now());
        let (max_body, upstream_path) = (route.max_body, None);
        let (forwarded, step) = (None, 0);
        let recorder = head.extensions.get::<Recorder>().cloned();
        let exchange = Exchange {
            head,
            normal_path,
            body,
            length,
            max_body,
            upstream_path,
            client,
            trace,
            span: Span::default(),
            started,
            route,
            identity,
            consumer: None,
            is_authorized_elsewhere: false,
            upstream,
            quota,
            forwarded,
            step,
            worker,
            place,
            vars,
            kept: Vec::new(),
            recorder,
            live: None,
        };
        if let Some(recorder) = &exchange.recorder {
            recorder.begin(&exchange);
        }
        exchange
    }

    /// The same request, asked by nobody: it has no body, nobody watches it, and it is no part of the client's span.
    pub(crate) fn again(&self) -> Exchange {
        let mut head = self.head.clone();
        head.extensions.clear();
        Exchange {
            head,
            normal_path: self.normal_path.clone(),
            body: None,
            length: Length::None,
            max_body: self.max_body,
            upstream_path: self.upstream_path.clone(),
            client: self.client.clone(),
            trace: self.trace.child(),
            span: Span::default(),
            started: Instant::now(),
            route: self.route.clone(),
            identity: self.identity.clone(),
            consumer: self.consumer.clone(),
            is_authorized_elsewhere: self.is_authorized_elsewhere,
            upstream: self.upstream.clone(),
            quota: None,
            forwarded: None,
            step: self.step,
            worker: self.worker.clone(),
            place: None,
            vars: self.vars.clone(),
            kept: Vec::new(),
            recorder: None,
            live: None,
        }
    }

    /// What those who watch are told.
    pub(super) fn live_request(&self, outcome: &Outcome) -> LiveRequest {
        LiveRequest {
            at: now_ms(),
            method: self.head.method.as_str().into(),
            host: self.client.host().into(),
            path: self.path().into(),
            route: self.route.id.clone(),
            status: outcome.status.as_u16(),
            micros: outcome.took.as_micros() as u64,
            bytes: outcome.sent,
            complete: outcome.complete,
            trace: self.trace.trace_id(),
        }
    }

    /// The path in its normal form; matched and forwarded.
    pub fn path(&self) -> &str {
        self.normal_path.as_deref().unwrap_or_else(|| self.head.uri.path())
    }

    /// Keeps something for the step that is called until the request is over, however it ends: a place among those in flight, say.
    pub fn keep(&mut self, value: impl Any) {
        self.kept.push((self.step, Box::new(value)));
    }

    /// Gives what the step that is called has kept.
    pub fn kept<T: Any>(&mut self) -> Option<&mut T> {
        let step = self.step;
        self.kept.iter_mut().filter(|(of, _)| *of == step).find_map(|(_, value)| value.downcast_mut())
    }

    /// Sets a variable for the steps that follow.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let name = name.into();
        self.vars.retain(|(n, _)| *n != name);
        self.vars.push((name, value.into()));
    }

    /// Gives a variable: one that a step has set, or one of the request: `method`, `path`, `query`, `host`, `client.ip`, `trace.id`,
    /// `client.cert.subject`, `client.cert.sha256`, `route.id`, `path.<parameter>`, `header.<name>`.
    pub fn var(&self, name: &str) -> Option<Cow<'_, str>> {
        self.note_read(name);
        self.value(name)
    }

    /// Notes in the trace, if one is recorded, that a step looks at something other than by [`Exchange::var`]; named as variables are.
    pub fn note_read(&self, name: &str) {
        if let Some(recorder) = &self.recorder {
            recorder.read(name);
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.vars.iter().find(|(n, _)| n == name) {
            return Some(value.as_str().into());
        }
        Some(match name {
            "method" => self.head.method.as_str().into(),
            "path" => self.path().into(),
            "query" => self.head.uri.query().unwrap_or_default().into(),
            "host" => self.client.host().into(),
            "client.ip" => self.client.ip.to_string().into(),
            "client.cert.subject" => self.client.certificate.as_ref()?.subject.as_str().into(),
            "client.cert.sha256" => self.client.certificate.as_ref()?.sha256.as_str().into(),
            "trace.id" => self.trace.trace_id().into(),
            "route.id" => self.route.id.as_str().into(),
            "service" | "target" => self.upstream.as_ref()?.name.as_ref().into(),
            "consumer" => self.consumer.as_deref()?.into(),
            "identity.sub" => self.identity.as_ref()?.sub().into(),
            "identity.roles" => self.identity.as_ref()?.roles().join(" ").into(),
            "identity.scopes" => self.identity.as_ref()?.scopes().join(" ").into(),
            _ => match name.split_once('.')? {
                ("path", param) => self.route.pattern.param(self.path(), param)?.into(),
                ("header", header) => self.head.headers.get(header)?.to_str().ok()?.into(),
                _ => return None,
            },
        })
    }
}
