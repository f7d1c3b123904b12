use fm_sdk::{Batch, BatchCx, Cx, Error, Handled, HandlerOptions, Invocation, Kind, Middleware, Next, Reply, Service, messages, reject};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::sync::Barrier;

/// How many calls a handler makes at once.
const CALLS: usize = 4;
/// How many messages a batch holds.
const BATCH: u16 = 3;

messages! {
    event "probe.step" from ["fm-test", "fm-probe"] Step { n: u32 }
    event "probe.ended" from ["fm-test", "fm-probe"] Ended { n: u32 }
    event "probe.broken" from any Broken { hopeless: bool }
    event "probe.owned" from any Owned { user: String }
    event "probe.foreign" from "fm-owner" Foreign {}
    event "probe.shared" from any Shared { service: Outcome, instance: Outcome }
    event "probe.fragile" from any Fragile {}
    event "probe.endless" from any Endless {}
    event "probe.later" from any Later {}
    event "probe.wrapped" from any Wrapped { panics: bool }
    event "probe.many" from any Many { bad: bool }
    event "probe.piece" from "fm-probe" Piece { bad: bool }
    event "probe.crowded" from any Crowded { together: bool }
    call "fm-probe/alone" Alone {} -> u32;
    call "fm-probe/together" Together {} -> u32;
    call "fm-probe/hang" Hang {} -> bool;
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
pub struct Probe {
    notes: Mutex<Vec<String>>,
    working: AtomicU32,
    all: Barrier,
}

impl Probe {
    fn note(&self, what: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The service that every bus must carry.
pub fn probe() -> Service<Probe> {
    let soon = Duration::from_millis(50);
    Service::new("fm-probe", Probe { notes: Mutex::default(), working: AtomicU32::new(0), all: Barrier::new(CALLS) })
        .on_with(HandlerOptions::new().attempts(2), fragile)
        .on_with(HandlerOptions::new().attempts(2).timeout(soon), endless)
        .on(crowded)
        .on(many)
        .on_batch_with(HandlerOptions::new().batch_size(BATCH).batch_wait(Duration::from_secs(10)), pieces)
        .on(later)
        .wrap(Wrapping)
        .on(wrapped)
        .call_with(HandlerOptions::new().concurrency(1), alone)
        .call(together)
        .call_with(HandlerOptions::new().timeout(soon), hang)
        .on(step)
        .on_each_instance(ended)
        .on(broken)
        .on(owned)
        .on(shared)
        .on(foreign)
        .on_each_instance(shared_by_each)
        .call(double)
}

/// Publishes as much as two batches hold.
async fn many(m: Many, cx: Cx<Probe>) -> Handled {
    (0..2 * BATCH).try_for_each(|n| cx.publish(Piece { bad: m.bad && n == 1 }))
}

async fn pieces(batch: Batch<Piece>, cx: BatchCx<Probe>) -> Handled {
    if batch.iter().any(|piece| piece.bad) {
        return Err(reject("a bad piece"));
    }
    cx.state.note(format!("{} pieces", batch.len()));
    Ok(())
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

/// Gives handlers a context, and panics where it is told to.
struct Wrapping;
struct Named(String);

impl Middleware for Wrapping {
    async fn handle(&self, invocation: &Invocation, next: Next<'_>) -> fm_sdk::Result<()> {
        invocation.insert(Named(format!("{} {}", invocation.name(), invocation.attempt())));
        assert!(invocation.name() != "probe.wrapped" || invocation.attempt() != 2, "on purpose");
        next.run().await
    }
}

/// Fails, so that the middleware sees a second attempt.
async fn wrapped(m: Wrapped, cx: Cx<Probe>) -> Handled {
    let name = cx.context::<Named>().map_or_else(String::new, |n| n.0.clone());
    cx.state.note(name);
    if m.panics { ends(Outcome::Retry) } else { Ok(()) }
}

/// Schedules two messages, one that is due and one that is not, and cancels the second.
async fn later(_: Later, cx: Cx<Probe>) -> Handled {
    let key = cx.publish_after(Duration::from_secs(3600), Ended { n: 1 }).await?;
    cx.publish_at(0, Ended { n: 2 }).await?;
    let cancelled = [cx.cancel(&key).await?, cx.cancel(&key).await?];
    cx.state.note(format!("cancelled {cancelled:?}"));
    Ok(())
}

async fn fragile(_: Fragile, cx: Cx<Probe>) -> Handled {
    cx.state.note(format!("fragile {}", cx.attempt));
    ends(Outcome::Retry)
}

async fn endless(_: Endless, cx: Cx<Probe>) -> Handled {
    cx.state.note(format!("endless {}", cx.attempt));
    std::future::pending().await
}

async fn hang(_: Hang, _: Cx<Probe>) -> Reply<bool> {
    std::future::pending().await
}

/// Calls this service several times at once, and notes how many of the calls were worked on at once.
async fn crowded(m: Crowded, cx: Cx<Probe>) -> Handled {
    let call = async || if m.together { cx.call(Together {}).await } else { cx.call(Alone {}).await };
    let working = futures::future::try_join_all((0..CALLS).map(|_| call())).await?;
    cx.state.note(format!("{} at once", working.into_iter().max().unwrap_or_default()));
    Ok(())
}

async fn alone(_: Alone, cx: Cx<Probe>) -> Reply<u32> {
    let working = cx.state.working.fetch_add(1, SeqCst) + 1;
    // Time for the others to come.
    tokio::time::sleep(Duration::from_millis(20)).await;
    cx.state.working.fetch_sub(1, SeqCst);
    Ok(working)
}

async fn together(_: Together, cx: Cx<Probe>) -> Reply<u32> {
    let working = cx.state.working.fetch_add(1, SeqCst) + 1;
    cx.state.all.wait().await;
    cx.state.working.fetch_sub(1, SeqCst);
    Ok(working)
}
