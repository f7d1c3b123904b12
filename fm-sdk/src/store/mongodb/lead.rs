//! One instance does a job. Machines' clocks differ, so no time is written down: the leader counts up, and whoever has seen the same
//! count for the whole `ttl` by its own clock may take over.

use super::{
    MongoDb,
    connection::{OrFault, command, duplicate},
};
use crate::Result;
use mongodb::bson::{Document, doc};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const LEADS: &str = "fm_leads";

/// The last observed leader of each job, the counter of its lease, and when that was observed first.
#[derive(Default)]
pub(super) struct Leads(Mutex<HashMap<String, (String, i64, Instant)>>);

impl Leads {
    /// For how long this has been so.
    fn since(&self, job: &str, leader: &str, count: i64) -> Duration {
        let mut leads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match leads.get(job) {
            Some((l, c, since)) if l == leader && *c == count => since.elapsed(),
            _ => {
                leads.insert(job.into(), (leader.into(), count, Instant::now()));
                Duration::ZERO
            }
        }
    }
}

pub(super) async fn lead(store: &MongoDb, job: String, instance: String, ttl: Duration) -> Result<bool> {
    let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let leads = store.collection(LEADS);
    let Some(now) = command(leads.find_one(doc! { "_id": &job })).await.or_fault()? else {
        let first = doc! { "_id": &job, "leader": &instance, "count": 1_i64, "ttl": ttl };
        return match command(leads.insert_one(first)).await {
            Ok(_) => Ok(true),
            Err(e) if duplicate(&e).is_some() => Ok(false),
            Err(e) => Err(e).or_fault(),
        };
    };
    let (leader, count, valid) = row(&now);
    if leader != instance && store.leads.since(&job, leader, count) < valid {
        return Ok(false);
    }
    let same = doc! { "_id": &job, "leader": leader, "count": count };
    let next = doc! { "$set": { "leader": &instance, "count": count + 1, "ttl": ttl } };
    Ok(command(leads.update_one(same, next)).await.or_fault()?.matched_count == 1)
}

fn row(row: &Document) -> (&str, i64, Duration) {
    let number = |field| row.get_i64(field).unwrap_or(0);
    (row.get_str("leader").unwrap_or(""), number("count"), Duration::from_millis(number("ttl").unsigned_abs()))
}
