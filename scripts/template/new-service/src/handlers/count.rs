use crate::{Note, messages::Count};
use fm_sdk::{Cx, Reply};

/// Answers with the number of notes on a car.
pub async fn count(m: Count, cx: Cx<()>) -> Reply<u64> {
    cx.docs::<Note>().filter(Note::car.eq(m.car)).count().await
}
