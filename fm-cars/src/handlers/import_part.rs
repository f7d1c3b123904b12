use crate::{
    Cars,
    import::{ImportPart, process},
    messages::ImportRows,
};
use fm_sdk::{Cx, Handled};

/// Attempts before rows that fail for good are reported, and the others are no longer kept waiting.
const ATTEMPTS: u32 = 3;

/// Makes cars of one part of an import, once however often it comes.
pub async fn import_part(m: ImportRows, cx: Cx<Cars>) -> Handled {
    match cx.doc::<ImportPart>(&m.part).get().await? {
        // Replayed, a message tries the rows again that could not be processed.
        Some(part) if !part.has_ended() || !part.rows.is_empty() => process(&cx.state, &cx, &part, cx.attempt < ATTEMPTS).await,
        _ => Ok(()),
    }
}
