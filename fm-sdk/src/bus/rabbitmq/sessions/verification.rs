//! While a session lasts somebody may delete what was declared at its start. Every few seconds each part is looked up, what is missing is
//! named, and everything is declared and bound again; that a binding is missing cannot be seen, so all are asserted each time.

use super::super::{Shared, topology};
use crate::bus::transport::{Audience, Consume};
use amiquip::{Channel, Connection};
use std::{fmt, sync::Arc};

/// What one service has in this session.
pub(super) struct Declared {
    pub what: Arc<Consume>,
    pub queues: Vec<(Audience, String)>,
}

pub(super) enum Finding {
    Complete,
    /// What was missing and is there again, or cannot be declared.
    Incomplete(String),
}

enum Part {
    Exchange(String),
    Queue(String),
}

impl Part {
    /// Fails, and costs the channel, if it is not there.
    fn look_up(&self, c: &Channel) -> amiquip::Result<()> {
        match self {
            Part::Exchange(name) => c.exchange_declare_passive(name).map(drop),
            Part::Queue(name) => c.queue_declare_passive(name).map(drop),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Exchange(name) => write!(f, "exchange {name}"),
            Part::Queue(name) => write!(f, "queue {name}"),
        }
    }
}

/// Looks all parts up and declares them again.
///
/// # Errors
/// The session cannot go on: the connection is lost, or a queue that is consumed from is gone.
pub(super) fn verify(connection: &mut Connection, shared: &Shared, declared: &[Declared]) -> Result<Finding, String> {
    let missing = missing_parts(connection, parts(shared, declared)).map_err(|e| e.to_string())?;
    let missing = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let channel = connection.open_channel(None).map_err(|e| e.to_string())?;
    match assert_again(&channel, shared, declared) {
        Ok(()) if missing.is_empty() => Ok(Finding::Complete),
        Ok(()) => Ok(Finding::Incomplete(format!("{missing} was missing and has been declared again"))),
        Err(amiquip::Error::ServerClosedChannel { code: 403 | 406, message, .. }) if missing.is_empty() => Ok(Finding::Incomplete(message)),
        Err(amiquip::Error::ServerClosedChannel { code: 403 | 406, message, .. }) => {
            Ok(Finding::Incomplete(format!("{missing} is missing and cannot be declared: {message}")))
        }
        Err(e) => Err(e.to_string()),
    }
}

/// The queues that are consumed from are not among them: the broker tells their consumers.
fn parts(shared: &Shared, declared: &[Declared]) -> Vec<Part> {
    let exchanges = [topology::EVENTS, topology::EVENTS_BACKUP, topology::UNROUTED].map(|name| Part::Exchange(name.into()));
    let delays = shared.waits().into_iter().map(topology::delay);
    let delays = delays.flat_map(|name| [Part::Exchange(name.clone()), Part::Queue(name)]);
    let dead_letters = declared.iter().map(|d| Part::Queue(topology::dead_letters(&d.what.service)));
    exchanges.into_iter().chain([Part::Queue(topology::UNROUTED.into())]).chain(delays).chain(dead_letters).collect()
}

fn missing_parts(connection: &mut Connection, parts: Vec<Part>) -> amiquip::Result<Vec<Part>> {
    let mut missing = Vec::new();
    let mut channel = connection.open_channel(None)?;
    for part in parts {
        match part.look_up(&channel) {
            Ok(()) => {}
            Err(amiquip::Error::ServerClosedChannel { code: 404, .. }) => {
                missing.push(part);
                channel = connection.open_channel(None)?;
            }
            Err(e) => return Err(e),
        }
    }
    channel.close()?;
    Ok(missing)
}

fn assert_again(channel: &Channel, shared: &Shared, declared: &[Declared]) -> amiquip::Result<()> {
    shared.declare_common(channel)?;
    for d in declared {
        topology::declare_dead_letters(channel, shared.options.queues, &d.what.service)?;
        topology::bind_service(channel, &d.what, &d.queues)?;
    }
    Ok(())
}
