use super::connection::OrFault;
use crate::{Result, time::now_ms};
use rusqlite::{Connection, params};
use std::time::Duration;

/// All instances are on one machine and see one clock, so the row may hold the time until which it is valid.
pub(super) fn lead(c: &Connection, job: &str, instance: &str, ttl: Duration) -> Result<bool> {
    let now = now_ms();
    let until = now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
    let sql = "insert into fm_leads (job, instance, until) values (?1, ?2, ?3)
               on conflict (job) do update set instance = ?2, until = ?3 where instance = ?2 or until <= ?4";
    Ok(c.prepare_cached(sql).or_fault()?.execute(params![job, instance, until, now]).or_fault()? == 1)
}
