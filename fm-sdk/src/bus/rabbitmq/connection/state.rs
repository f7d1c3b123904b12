use crate::ConnectionState;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// The state of one connection, or of the topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum State {
    /// Not needed (nothing is consumed yet, or not any more).
    Idle,
    /// Works.
    Up,
    /// Why it does not.
    Down(String),
    /// Closed by this process.
    Closed,
}

/// What has a state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Part {
    /// The connection that publishes.
    Publishing,
    /// The connection that consumes.
    Consuming,
    /// Exchanges, queues and bindings.
    Topology,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Publishing => "publishing",
            Part::Consuming => "consuming",
            Part::Topology => "topology",
        }
    }
}

/// The states of all parts, and what they amount to.
pub(in super::super) struct BrokerState {
    parts: Mutex<[State; 3]>,
    whole: watch::Sender<ConnectionState>,
}

impl BrokerState {
    pub fn new() -> Self {
        let text = "connecting".to_owned();
        let whole = watch::Sender::new(ConnectionState::Down(text.clone()));
        BrokerState { parts: Mutex::new([State::Down(text), State::Idle, State::Idle]), whole }
    }
    pub fn set(&self, part: Part, state: State) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut parts[part as usize], state.clone());
        if before != state {
            report(part, &before, &state);
        }
        let whole = parts.iter().find_map(|s| match s {
            State::Down(why) => Some(ConnectionState::Down(why.clone())),
            State::Closed => Some(ConnectionState::Down("closed by this process".into())),
            State::Idle | State::Up => None,
        });
        self.whole.send_replace(whole.unwrap_or(ConnectionState::Up));
    }
    /// Why a part is down.
    pub fn why(&self, part: Part) -> String {
        match &self.parts.lock().unwrap_or_else(PoisonError::into_inner)[part as usize] {
            State::Down(why) => why.clone(),
            _ => "the connection was lost".into(),
        }
    }
    pub fn watch(&self) -> watch::Receiver<ConnectionState> {
        self.whole.subscribe()
    }
}

fn report(part: Part, before: &State, now: &State) {
    match (part, now) {
        (Part::Topology, State::Down(cause)) => log::warn!(cause; "bus: topology incomplete, declaring it again"),
        (Part::Topology, State::Up) if matches!(before, State::Down(_)) => log::info!("bus: topology complete"),
        (Part::Topology, _) | (_, State::Idle) => {}
        (_, State::Down(cause)) => log::warn!(connection = part.name(), cause; "bus: broker unreachable or blocking, retrying"),
        (_, State::Up) => log::info!(connection = part.name(); "bus: connected"),
        (_, State::Closed) => log::debug!(connection = part.name(); "bus: connection closed by this process"),
    }
}
