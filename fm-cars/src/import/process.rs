//! From the rows of a part to cars. May stop anywhere and be done again, by a message that comes again, by another one, or by the job.

use super::{Import, ImportPart, Refusal, Row};
use crate::{
    Cars, announce,
    car::{Car, Status},
    owner::is_deleted,
};
use fm_sdk::{Doc, Error, Kind, Result, Work};
use futures::{StreamExt, stream};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Cars that are written at the same time: a store that groups commits is quicker so.
const AT_ONCE: usize = 8;
/// When a part is overdue, and processed without its message: longer than all attempts of a message take.
pub const OVERDUE: Duration = Duration::from_secs(15 * 60);
/// Overdue parts of one run.
const OVERDUE_AT_ONCE: u64 = 50;

/// Makes cars of the rows of a part that are none yet, and ends it: each row is accepted, refused, or could not be processed.
///
/// # Errors
/// With `may_retry` the first error of a row; else the store's, if trying again can help. Nothing is lost then: the part has not ended.
pub async fn process(state: &Cars, work: &Work, part: &Doc<ImportPart>, may_retry: bool) -> Result<()> {
    let Some(owner) = owner(work, &part.import).await? else { return refuse_all(work, &part.id).await };
    let keys = keys(&part.import, &part.rows);
    let rows = stream::iter(part.rows.iter().zip(&keys));
    let mut made = rows.map(async |(row, key)| (key, make(state, work, &owner, key, row).await)).buffer_unordered(AT_ONCE);
    let mut failures = HashMap::new();
    while let Some((key, made)) = made.next().await {
        match made {
            Err(e) if may_retry || is_transient(&e) => return Err(e),
            Err(e) => drop(failures.insert(key.as_str(), format!("{} [{}]", e.fault().message, e.code()))),
            Ok(()) => {}
        }
    }
    end(work, part, &failures).await
}

/// Processes the parts that are overdue: their messages were dead-lettered or lost.
pub async fn process_overdue(state: Arc<Cars>, work: Work) -> Result<()> {
    let due = ImportPart::due.between(None, Some(state.clock.now_ms()));
    let mut result = Ok(());
    for part in work.docs::<ImportPart>().filter(due).limit(OVERDUE_AT_ONCE).list().await? {
        // One that cannot be processed now does not hold up the others.
        result = process(&state, &work, &part, false).await.and(result);
    }
    result
}

/// What the ids of the cars are made of: no two rows of an import have the same. Of rows from before they had ordinals several may have one
/// line.
fn keys(import: &str, rows: &[Row]) -> Vec<String> {
    let mut lines = HashMap::<u64, u32>::new();
    // No Idempotency-Key of a client has a space.
    let key = |row: &Row| match (row.ordinal, lines.entry(row.line).and_modify(|n| *n += 1).or_default()) {
        (0, 0) => format!("import {import} {}", row.line),
        (0, n) => format!("import {import} {} {n}", row.line),
        (ordinal, _) => format!("import {import} {ordinal}"),
    };
    rows.iter().map(key).collect()
}

/// Whose cars they become; nobody's if the import or the account is deleted.
async fn owner(work: &Work, import: &str) -> Result<Option<String>> {
    let Some(import) = work.doc::<Import>(import).get().await? else { return Ok(None) };
    Ok(if is_deleted(work, &import.owner).await? { None } else { Some(import.into_inner().owner) })
}

/// Whether trying again can help.
fn is_transient(e: &Error) -> bool {
    matches!(e.kind(), Kind::Unavailable | Kind::TimedOut | Kind::Unroutable | Kind::Throttled)
}

async fn make(state: &Cars, work: &Work, owner: &str, key: &str, row: &Row) -> Result<()> {
    let work = work.repeatable(owner, key);
    let car = Car::new(work.new_id(), owner, row.facts.clone(), Status::Listed, state.clock.now_ms(), state.lifetime);
    match work.insert(car, announce::created).await {
        Ok(car) => state.refresh(&car),
        // It was made before, and its owner has removed it since.
        Err(e) if matches!(e.kind(), Kind::NotFound | Kind::Conflict) => {}
        Err(e) => return Err(e),
    }
    Ok(())
}

/// Writes down what became of each row; `failures` are those that could not be processed, by their keys.
async fn end(work: &Work, part: &ImportPart, failures: &HashMap<&str, String>) -> Result<()> {
    let document = work.doc::<ImportPart>(&part.id);
    let ended = document.change(|part, _| {
        let before = part.rows.len();
        let keys = keys(&part.import, &part.rows);
        let rows = std::mem::take(&mut part.rows).into_iter().zip(&keys);
        part.rows = rows.filter(|(_, key)| failures.contains_key(key.as_str())).map(|(row, _)| row).collect();
        part.accepted = Some(part.accepted.unwrap_or(0) + (before - part.rows.len()) as u64);
        part.failure = failures.values().next().filter(|_| !part.rows.is_empty()).cloned();
        part.due = None;
        Ok(())
    });
    let ended = ended.await?;
    if let Some(failure) = &ended.failure {
        log::error!(part = ended.id.as_str(), rows = ended.rows.len(); "import: rows could not be processed: {failure}");
    }
    Ok(())
}

async fn refuse_all(work: &Work, part: &str) -> Result<()> {
    let part = work.doc::<ImportPart>(part);
    let ended = part.change(|part, _| {
        let rows = std::mem::take(&mut part.rows);
        part.refusals.extend(rows.into_iter().map(|row| Refusal { line: row.line, reason: "the account is deleted".into() }));
        part.accepted = Some(part.accepted.unwrap_or(0));
        (part.failure, part.due) = (None, None);
        Ok(())
    });
    ended.await.map(drop)
}
