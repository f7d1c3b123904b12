//! The attempts of a request: where each one goes, and which answer counts.

use super::{Inner, Request, Response, request::Failure};
use crate::{
    Error, Kind, Result, connector,
    registry::{Instance, balance::Picked},
};
use actix_web::http::{Method, StatusCode};
use futures::{FutureExt, StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How many instances one request is tried on.
const INSTANCES: usize = 3;
/// How often one address is asked: by a connection that was open, and by a new one.
const CONNECTIONS: usize = 2;

/// Where one attempt goes.
pub(super) struct Target {
    /// What is asked, without the request's path.
    pub base: String,
    /// The instance's name; none at a fixed address.
    pub instance: Option<String>,
    /// The attempt's place in the balancer, which learns how it ends.
    pub picked: Option<Picked>,
    pub http: awc::Client,
    /// The how manieth attempt it is, from 1.
    pub number: usize,
}

/// The targets of one request, one after the other.
pub(super) struct Targets<'a> {
    request: &'a Request,
    instances: Arc<[Instance]>,
    tried: BTreeSet<String>,
    count: usize,
}

impl<'a> Targets<'a> {
    /// Those of a request; waits for the registry's first answer.
    pub async fn of(request: &'a Request) -> Self {
        let instances = match &*request.client.0 {
            Inner::Registry { services, .. } => {
                let instances = services.watch(&request.service);
                if !instances.is_known() {
                    instances.ready(request.within).await;
                }
                instances.list()
            }
            Inner::Address(_) => Arc::new([]),
        };
        Targets { request, instances, tried: BTreeSet::new(), count: 0 }
    }

    /// Whether there is another one for what may be repeated.
    fn has_next(&self) -> bool {
        match &*self.request.client.0 {
            Inner::Registry { .. } => self.count < self.instances.len().min(INSTANCES),
            Inner::Address(_) => self.count < CONNECTIONS,
        }
    }

    /// The next one that nothing was sent to yet.
    pub fn next(&mut self) -> Option<Target> {
        if !self.has_next() {
            return None;
        }
        let (base, instance, picked, http) = match &*self.request.client.0 {
            Inner::Registry { balancer, .. } => {
                let tried: Vec<_> = self.tried.iter().map(String::as_str).collect();
                let pick = if self.request.is_safe() {
                    balancer.pick(&self.instances, &tried)
                } else {
                    balancer.pick_proven(&self.instances, &tried)
                };
                let picked = pick?;
                let instance = &self.instances[picked.index];
                self.tried.insert(instance.id.clone());
                (instance.url.clone(), Some(instance.id.clone()), Some(picked), connector::pooled())
            }
            Inner::Address(base) => (base.clone(), None, None, if self.count == 0 { connector::pooled() } else { connector::unpooled() }),
        };
        self.count += 1;
        Some(Target { base, instance, picked, http, number: self.count })
    }

    /// Sends the request until there is an answer that counts.
    pub async fn answer(mut self, deadline: Instant) -> Result<Response> {
        let request = self.request;
        let mut running: FuturesUnordered<LocalBoxFuture<'a, _>> = FuturesUnordered::new();
        let mut last = Err(self.none());
        loop {
            if running.is_empty() {
                let Some(target) = self.next() else { return last };
                running.push(request.once(target, deadline).boxed_local());
            }
            let hedges = request.is_safe() && request.hedge.is_some() && running.len() == 1 && self.has_next();
            let ended = tokio::select! {
                Some(ended) = running.next() => ended,
                () = sleep(request.hedge.unwrap_or(Duration::MAX)), if hedges => {
                    running.extend(self.next().map(|target| request.once(target, deadline).boxed_local()));
                    continue;
                }
            };
            last = match ended {
                Ok(answer) if self.is_refusal_of_one(&answer) => Ok(answer),
                Ok(answer) => return Ok(answer),
                Err(Failure::Late) => return Err(Error::timed_out(!request.is_safe())),
                // Nobody listens at the address: asking again at once is of no use.
                Err(Failure::NotSent(e)) if self.instances.is_empty() && running.is_empty() => return Err(e),
                Err(Failure::NotSent(e)) => Err(e),
                Err(Failure::Unknown(e)) if request.is_safe() => Err(e),
                Err(Failure::Unknown(e)) => return Err(e.maybe_done()),
                Err(Failure::Unfit(e)) => return Err(e),
            };
        }
    }

    /// Whether this is what one instance says of itself, and another may answer.
    fn is_refusal_of_one(&self, answer: &Response) -> bool {
        self.request.is_safe() && answer.status == StatusCode::SERVICE_UNAVAILABLE && !self.instances.is_empty() && self.has_next()
    }

    /// The error if there is no target.
    pub fn none(&self) -> Error {
        Error::new(Kind::Unroutable, "no-instance", format!("{} has no instance", self.request.service))
    }
}

impl Request {
    /// Whether it may be sent twice: it changes nothing (RFC 9110, section 9.2.1).
    pub(super) fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }
}
