//! Persistent confirmed publishes as short as amiquip can make them.

use super::{PAYLOAD, Run, broker::Broker, sdk::EVENT};
use crate::Result;
use amiquip::{AmqpProperties, Confirm, ConfirmSmoother, Publish};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Keeps this many publishes unconfirmed for this long, each with these properties.
pub(super) fn publish(broker: &Broker, window: usize, time: Duration, with: &AmqpProperties) -> Result<Run> {
    let mut connection = broker.connect()?;
    let channel = connection.open_channel(None)?;
    channel.enable_publisher_confirms()?;
    let confirms = channel.listen_for_publisher_confirms()?;
    let (body, mut smoother) = (vec![b'x'; PAYLOAD], ConfirmSmoother::new());
    let (mut run, mut sent) = (Run::default(), VecDeque::with_capacity(window));
    let begun = Instant::now();
    loop {
        while sent.len() < window && begun.elapsed() < time {
            sent.push_back(Instant::now());
            let properties = with.clone().with_delivery_mode(2);
            channel.basic_publish(
                "fm.events",
                Publish { body: &body, routing_key: EVENT.into(), mandatory: true, immediate: false, properties },
            )?;
        }
        if sent.is_empty() {
            break;
        }
        for confirm in smoother.process(confirms.recv_timeout(Duration::from_secs(5))?) {
            let at = sent.pop_front();
            match (confirm, at) {
                (Confirm::Ack(_), Some(at)) => run.micros.push(at.elapsed().as_secs_f64() * 1e6),
                _ => return Err("the broker refused a message".into()),
            }
        }
    }
    run.rate = run.micros.len() as f64 / begun.elapsed().as_secs_f64();
    connection.close()?;
    Ok(run)
}
