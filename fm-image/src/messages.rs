//! What fm-image and fm-cars say to each other.

use serde::{Deserialize, Serialize};

/// A picture as a car has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRef {
    /// The picture's key.
    pub key: String,
    /// Of the size `full`, in pixels.
    pub width: u32,
    /// Of the size `full`, in pixels.
    pub height: u32,
}

/// All pictures of a car, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    pub images: Vec<ImageRef>,
}

/// Those of the keys asked about that the car has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedKeys {
    pub keys: Vec<String>,
}

fm_sdk::messages! {
    /// Asks whether the caller may change the car; `false` and the faults `car-unknown`, `not-owner` say no.
    call "fm-cars/may-edit" MayEdit { car: String } -> bool;
    /// Adds pictures at the end; those that the car has already stay where they are.
    /// Faults: `car-unknown`, `not-owner`, `too-many-images`.
    call "fm-cars/attach-images" AttachImages { car: String, images: Vec<ImageRef> } -> Attached;
    /// Brings the pictures into this order; the keys are all that the car has, each once.
    call "fm-cars/order-images" OrderImages { car: String, keys: Vec<String> } -> Attached;
    /// Takes a picture off; one that the car does not have is off already.
    call "fm-cars/remove-image" RemoveImage { car: String, key: String } -> Attached;
    /// Asks, for fm-image itself, which of these pictures the car has.
    call "fm-cars/images-attached" ImagesAttached { keys: Vec<String>, car: String } -> AttachedKeys;
    event "car.removed" from "fm-cars" CarRemoved { id: String }
}
