use fm_sdk::{Cx, Error, Handled, Kind, Reply, Service, messages, reject};
use std::sync::{Mutex, PoisonError};

messages! {
    event "probe.step" from ["fm-test", "fm-probe"] Step { n: u32 }
    event "probe.ended" from ["fm-test", "fm-probe"] Ended { n: u32 }
    event "probe.broken" from any Broken { hopeless: bool }
    event "probe.owned" from any Owned { user: String }
    event "probe.foreign" from "fm-owner" Foreign {}
    event "probe.shared" from any Shared { service: Outcome, instance: Outcome }
    call "fm-probe/double" Double { n: i64 } -> i64;
    call "fm-nobody/home" Home {} -> bool;
}

/// What a handler is told to do.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// Succeeds.
    Ack,
    /// Fails, and is tried again.
    Retry,
    /// Fails for good.
    Reject,
}

/// What the handlers of the suite's service note.
#[derive(Default)]
pub struct Probe(Mutex<Vec<String>>);

impl Probe {
    fn note(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
    pub(super) fn notes(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The service that every bus must carry.
pub fn probe() -> Service<Probe> {
    Service::new("fm-probe", Probe::default())
        .on(step)
        .on_each_instance(ended)
        .on(broken)
        .on(owned)
        .on(shared)
        .on(foreign)
        .on_each_instance(shared_by_each)
        .call(double)
}

async fn step(m: Step, cx: Cx<Probe>) -> Handled {
    cx.state.note(format!("step {}", m.n));
    if m.n > 0 { cx.publish(Step { n: m.n - 1 }) } else { cx.publish(Ended { n: 0 }) }
}

async fn ended(_: Ended, cx: Cx<Probe>) -> Handled {
    cx.state.note("end".into());
    Ok(())
}

async fn broken(m: Broken, cx: Cx<Probe>) -> Handled {
    cx.publish(Ended { n: 1 })?;
    Err(if m.hopeless { reject("as told") } else { Error::new(Kind::Unavailable, "later", "try again") })
}

async fn owned(m: Owned, cx: Cx<Probe>) -> Handled {
    cx.identity()?.acts_for(&m.user)
}

async fn foreign(_: Foreign, cx: Cx<Probe>) -> Handled {
    cx.state.note("foreign".into());
    Ok(())
}

async fn shared(m: Shared, cx: Cx<Probe>) -> Handled {
    cx.state.note("service".into());
    ends(m.service)
}

async fn shared_by_each(m: Shared, cx: Cx<Probe>) -> Handled {
    cx.state.note("instance".into());
    ends(m.instance)
}

fn ends(outcome: Outcome) -> Handled {
    match outcome {
        Outcome::Ack => Ok(()),
        Outcome::Retry => Err(Error::new(Kind::Unavailable, "later", "try again")),
        Outcome::Reject => Err(reject("as told")),
    }
}

async fn double(m: Double, cx: Cx<Probe>) -> Reply<i64> {
    if m.n == 0 {
        cx.call(Home {}).await?;
    }
    assert!(m.n >= 0, "on purpose");
    Ok(m.n * 2)
}
