//! What a car can be: makers and their models, and the closed lists of everything else.

mod choice;
mod maker;
mod makers;
mod options;

pub use choice::{Body, Choice, Color, EmissionClass, Engine, Gearbox};
pub use maker::{Maker, Model};
pub use options::{OptionSet, option_label};

use serde::Serialize;

/// One entry of a catalogue list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Item {
    /// What the API takes and gives.
    pub value: &'static str,
    /// What people read.
    pub label: &'static str,
}

/// The entries of one closed list.
pub fn choices<C: Choice>() -> Vec<Item> {
    C::ALL.iter().map(|c| Item { value: c.value(), label: c.label() }).collect()
}
