use crate::{Note, messages::CarRemoved};
use fm_sdk::{Cx, Handled};

/// Forgets the notes on a car that is gone. One step per note: a crash in between continues where it was.
pub async fn car_removed(m: CarRemoved, cx: Cx<()>) -> Handled {
    cx.remove_each(Note::car.eq(m.id), |_, _| Ok(())).await.map(drop)
}
