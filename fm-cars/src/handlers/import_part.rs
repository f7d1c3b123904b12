use crate::{
    Cars, announce,
    car::{Car, Status},
    import::{Import, ImportPart, Refusal, Row},
    messages::ImportRows,
    owner::is_deleted,
};
use fm_sdk::{Cx, Handled, Kind, Result};
use futures::{StreamExt, TryStreamExt, stream};

/// Cars that are written at the same time: a store that groups commits is quicker so.
const AT_ONCE: usize = 8;

/// Makes cars of one part of an import. Ids come from import and line, so a part that comes again makes no car twice.
pub async fn import_part(m: ImportRows, cx: Cx<Cars>) -> Handled {
    cx.only_from("fm-cars")?;
    let Some(found) = cx.doc::<ImportPart>(&m.part).get().await? else { return Ok(()) };
    if found.accepted.is_some() {
        return Ok(());
    }
    let import = cx.doc::<Import>(&found.import).get().await?;
    let owner = match &import {
        Some(import) if !is_deleted(&cx, &import.owner).await? => Some(import.owner.as_str()),
        _ => None,
    };
    if let Some(owner) = owner {
        stream::iter(&found.rows).map(|row| make(&cx, owner, &found.import, row)).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    }
    let part = cx.doc::<ImportPart>(&m.part);
    let done = part.change(|part, _| {
        let rows = std::mem::take(&mut part.rows);
        if owner.is_some() {
            part.accepted = Some(rows.len() as u64);
        } else {
            part.accepted = Some(0);
            part.refusals.extend(rows.into_iter().map(|row| Refusal { line: row.line, reason: "the account is deleted".into() }));
        }
        Ok(())
    });
    done.await.map(drop)
}

async fn make(cx: &Cx<Cars>, owner: &str, import: &str, row: &Row) -> Result<()> {
    // No Idempotency-Key of a client has a space.
    let work = cx.repeatable(owner, &format!("import {import} {}", row.line));
    let car = Car::new(work.new_id(), owner, row.facts.clone(), Status::Listed, cx.state.clock.now_ms());
    match work.insert(car, announce::created).await {
        Ok(car) => cx.state.refresh(&car),
        // An earlier delivery made it, and its owner has removed it since.
        Err(e) if e.kind() == Kind::NotFound => {}
        Err(e) => return Err(e),
    }
    Ok(())
}
