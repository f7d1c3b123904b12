//! What can be wrong with a file, and what the client hears of it.

use crate::limits;
use fm_sdk::{Error, FieldError, Kind};
use std::fmt;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
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

impl Flaw {
    fn kind(&self) -> Kind {
        match self {
            Flaw::TooMany | Flaw::TooLarge => Kind::TooLarge,
            Flaw::Type => Kind::Unsupported,
            Flaw::Empty | Flaw::Broken | Flaw::Pixels { .. } | Flaw::Memory => Kind::Invalid,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Flaw::TooMany => "too-many-files",
            Flaw::TooLarge => "file-too-large",
            Flaw::Type => "image-type",
            Flaw::Empty => "image-empty",
            Flaw::Broken => "image-broken",
            Flaw::Pixels { .. } => "image-pixels",
            Flaw::Memory => "image-memory",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::TooMany => write!(f, "is one too many: at most {} files at once", limits::FILES),
            Flaw::TooLarge => write!(f, "is larger than {} MiB", limits::FILE_BYTES >> 20),
            Flaw::Type => f.write_str("is no JPEG, PNG or WebP picture"),
            Flaw::Empty => f.write_str("is empty"),
            Flaw::Broken => f.write_str("is damaged or cut off"),
            Flaw::Pixels { width, height } => {
                write!(f, "has {width} x {height} pixels; at most {} million in all, {} a side", limits::PIXELS / 1_000_000, limits::SIDE)
            }
            Flaw::Memory => f.write_str("has too many pixels for its kind (progressive, transparent or 16-bit); save it smaller"),
        }
    }
}

/// The files of an upload that are refused, by their place in it.
#[derive(Debug, Default)]
pub struct Flaws(Vec<(usize, Flaw)>);

impl Flaws {
    pub fn add(&mut self, file: usize, flaw: Flaw) {
        self.0.push((file, flaw));
    }
    /// Gives one error for all: its status and code are those of the gravest flaw (413, then 415, then 422), of the first among equals.
    pub fn error(&self) -> Option<Error> {
        let grave = |kind: Kind| self.0.iter().find(|(_, flaw)| flaw.kind() == kind);
        let (_, gravest) = [Kind::TooLarge, Kind::Unsupported, Kind::Invalid].into_iter().find_map(grave)?;
        let fields: Vec<_> =
            self.0.iter().map(|(i, flaw)| FieldError { field: format!("images[{i}]"), message: flaw.to_string() }).collect();
        let text = fields.iter().map(|f| format!("{} {}", f.field, f.message)).collect::<Vec<_>>().join("; ");
        Some(Error::new(gravest.kind(), gravest.code(), text).with_fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_flaw_names_the_error_and_all_are_said() {
        let mut flaws = Flaws::default();
        assert!(flaws.error().is_none());
        flaws.add(0, Flaw::Broken);
        assert_eq!(flaws.error().unwrap().kind(), Kind::Invalid);
        flaws.add(2, Flaw::Type);
        assert_eq!((flaws.error().unwrap().kind(), flaws.error().unwrap().code()), (Kind::Unsupported, "image-type"));
        flaws.add(3, Flaw::TooLarge);
        let error = flaws.error().unwrap();
        assert_eq!((error.kind(), error.code(), error.fields().len()), (Kind::TooLarge, "file-too-large", 3));
        assert_eq!(error.fields()[1].field, "images[2]");
    }
}
