//! Queues as operators see them: what is in them, and how those of a service that leaves go.

use super::{Shared, one_off::on_own_connection, topology};
use crate::{
    Error, Kind, Result,
    bus::transport::{Audience, ServiceQueue},
};
use amiquip::{Connection, Error::ServerClosedChannel, QueueDeleteOptions};
use std::sync::Arc;

/// Those that outlive the instances. The dead letters come last: the others fall to them.
pub(super) async fn list(shared: Arc<Shared>, service: String) -> Result<Vec<ServiceQueue>> {
    let shares = [Audience::Service, Audience::Command, Audience::Call].map(|audience| topology::queue(&service, audience));
    depths(shared, shares.into_iter().chain([topology::dead_letters(&service)]).collect()).await
}

/// Those of these queues that exist.
pub(super) async fn depths(shared: Arc<Shared>, names: Vec<String>) -> Result<Vec<ServiceQueue>> {
    on_own_connection(shared, "lists queues", move |connection| {
        let mut found = Vec::new();
        for name in names {
            found.extend(look_up(connection, name)?);
        }
        Ok(found)
    })
    .await
}

/// Quorum queues do not know the flag `if-unused`, so their consumers are asked for.
pub(super) async fn delete(shared: Arc<Shared>, name: String) -> Result<()> {
    let queue = name.clone();
    let consumers = on_own_connection(shared, "deletes a queue", move |connection| match look_up(connection, name)? {
        Some(ServiceQueue { consumers: 0, name, .. }) => {
            connection.open_channel(None)?.queue_delete(name, QueueDeleteOptions::default())?;
            Ok(0)
        }
        found => Ok(found.map_or(0, |q| q.consumers)),
    });
    match consumers.await? {
        0 => Ok(()),
        n => Err(Error::new(Kind::Conflict, "queue-in-use", format!("{queue} has {n} consumers"))),
    }
}

fn look_up(connection: &mut Connection, name: String) -> amiquip::Result<Option<ServiceQueue>> {
    let channel = connection.open_channel(None)?;
    let found = match channel.queue_declare_passive(name.as_str()) {
        Ok(queue) => {
            let (messages, consumers) = (queue.declared_message_count(), queue.declared_consumer_count());
            ServiceQueue { name, messages: messages.unwrap_or(0).into(), consumers: consumers.unwrap_or(0) }
        }
        // The broker has closed the channel too.
        Err(ServerClosedChannel { code: 404, .. }) => return Ok(None),
        Err(e) => return Err(e),
    };
    channel.close()?;
    Ok(Some(found))
}
