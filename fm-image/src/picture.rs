//! What is known of a picture. Its document is there before its files and goes after them, so that no file is ever forgotten.

use crate::messages::ImageRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a picture is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its car may have it or not: it is being uploaded or taken off, or that was cut off.
    Stored,
    /// Its car has it.
    Attached,
    /// Its files are being deleted.
    Deleting,
}

/// One picture of one car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The key.
    pub id: String,
    /// The car's id.
    pub car: String,
    pub state: State,
    /// Since when it is in this state, in milliseconds since the Unix epoch.
    pub since: i64,
    /// Whoever changes the picture writes a value of their own, so that others see that it was touched.
    pub touch: String,
    /// Of the size `full`.
    pub width: u32,
    /// Of the size `full`.
    pub height: u32,
}
fm_sdk::document!(Picture = "images" { car: String [index], state: State, since: i64 [index] });

impl Picture {
    pub fn image_ref(&self) -> ImageRef {
        ImageRef { key: self.id.clone(), width: self.width, height: self.height }
    }
}

/// A car that was removed: pictures that come late are not kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoneCar {
    pub id: String,
    /// In milliseconds since the Unix epoch.
    pub at: i64,
}
fm_sdk::document!(GoneCar = "gone_cars" { at: i64 [index] });

/// A picture as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Shown {
    pub key: String,
    /// Relative to the market.
    pub url: String,
    /// Relative to the market.
    pub thumb_url: String,
    /// Of the full size, in pixels.
    pub width: u32,
    /// Of the full size, in pixels.
    pub height: u32,
}

impl From<ImageRef> for Shown {
    fn from(ImageRef { key, width, height }: ImageRef) -> Self {
        Shown { url: format!("/images/{key}/full"), thumb_url: format!("/images/{key}/thumb"), key, width, height }
    }
}

/// Pictures as clients see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Images {
    pub images: Vec<Shown>,
}
