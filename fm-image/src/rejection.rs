//! What can be wrong with a file, and what the client hears of it.

use crate::limits;
use fm_sdk::{Error, FieldError, Kind};
use std::fmt;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// One file more than an upload may have.
    TooMany,
    /// More bytes than a file may have.
    TooLarge,
    /// No JPEG, PNG or WebP.
    Type,
    /// Not a single byte.
    Empty,
    /// Cannot be decoded to its end.
    Broken,
    /// More pixels than may be.
    Pixels { width: u32, height: u32 },
    /// Needs more memory to decode than there is.
    Memory,
}

impl Rejection {
    fn kind(&self) -> Kind {
        match self {
            Rejection::TooMany | Rejection::TooLarge => Kind::TooLarge,
            Rejection::Type => Kind::Unsupported,
            Rejection::Empty | Rejection::Broken | Rejection::Pixels { .. } | Rejection::Memory => Kind::Invalid,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Rejection::TooMany => "too-many-files",
            Rejection::TooLarge => "file-too-large",
            Rejection::Type => "image-type",
            Rejection::Empty => "image-empty",
            Rejection::Broken => "image-broken",
            Rejection::Pixels { .. } => "image-pixels",
            Rejection::Memory => "image-memory",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::TooMany => write!(f, "is one too many: at most {} files at once", limits::FILES),
            Rejection::TooLarge => write!(f, "is larger than {} MiB", limits::FILE_BYTES >> 20),
            Rejection::Type => f.write_str("is no JPEG, PNG or WebP picture"),
            Rejection::Empty => f.write_str("is empty"),
            Rejection::Broken => f.write_str("is damaged or cut off"),
            Rejection::Pixels { width, height } => {
                write!(f, "has {width} x {height} pixels; at most {} million in all, {} a side", limits::PIXELS / 1_000_000, limits::SIDE)
            }
            Rejection::Memory => f.write_str("has too many pixels for its kind (progressive, transparent or 16-bit); save it smaller"),
        }
    }
}

/// The files of an upload that are refused, by their place in it.
#[derive(Debug, Default)]
pub struct Rejections(Vec<(usize, Rejection)>);

impl Rejections {
    pub fn add(&mut self, file: usize, rejection: Rejection) {
        self.0.push((file, rejection));
    }
    /// Gives one error for all: its status and code are those of the gravest rejection (413, then 415, then 422), of the first among equals.
    pub fn error(&self) -> Option<Error> {
        let grave = |kind: Kind| self.0.iter().find(|(_, rejection)| rejection.kind() == kind);
        let (_, gravest) = [Kind::TooLarge, Kind::Unsupported, Kind::Invalid].into_iter().find_map(grave)?;
        let fields: Vec<_> =
            self.0.iter().map(|(i, rejection)| FieldError { field: format!("images[{i}]"), message: rejection.to_string() }).collect();
        let text = fields.iter().map(|f| format!("{} {}", f.field, f.message)).collect::<Vec<_>>().join("; ");
        Some(Error::new(gravest.kind(), gravest.code(), text).with_fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_rejection_names_the_error_and_all_are_listed() {
        let mut rejections = Rejections::default();
        assert!(rejections.error().is_none());
        rejections.add(0, Rejection::Broken);
        assert_eq!(rejections.error().unwrap().kind(), Kind::Invalid);
        rejections.add(2, Rejection::Type);
        assert_eq!((rejections.error().unwrap().kind(), rejections.error().unwrap().code()), (Kind::Unsupported, "image-type"));
        rejections.add(3, Rejection::TooLarge);
        let error = rejections.error().unwrap();
        assert_eq!((error.kind(), error.code(), error.fields().len()), (Kind::TooLarge, "file-too-large", 3));
        assert_eq!(error.fields()[1].field, "images[2]");
    }
}
