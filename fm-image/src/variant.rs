//! The files that are made of every picture.

use serde::Deserialize;

/// A file: a size, and of cards a second format. Pictures keep their shape and are never made larger than they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Variant {
    #[serde(rename = "full")]
    Full,
    #[serde(rename = "card")]
    Card,
    /// Half as large as the JPEG, and nine times the work: only for what lists show by the dozen.
    #[serde(rename = "card.webp")]
    CardWebp,
    #[serde(rename = "thumb")]
    Thumb,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Webp,
}

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Webp => "image/webp",
        }
    }
}

impl Variant {
    /// From the largest to the smallest: each is made of the one before.
    pub const ALL: [Variant; 4] = [Variant::Full, Variant::Card, Variant::CardWebp, Variant::Thumb];

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Full => "full",
            Variant::Card => "card",
            Variant::CardWebp => "card.webp",
            Variant::Thumb => "thumb",
        }
    }
    /// As it is stored.
    pub fn file(self) -> &'static str {
        match self {
            Variant::Full => "full.jpg",
            Variant::Card => "card.jpg",
            Variant::CardWebp => "card.webp",
            Variant::Thumb => "thumb.jpg",
        }
    }
    pub fn format(self) -> Format {
        match self {
            Variant::Full | Variant::Card | Variant::Thumb => Format::Jpeg,
            Variant::CardWebp => Format::Webp,
        }
    }
    /// What stands in for it where it is not there: it was not made of pictures that came before.
    pub fn instead(self) -> Option<Variant> {
        (self == Variant::CardWebp).then_some(Variant::Card)
    }
    /// The longer side is at most this many pixels.
    pub fn side(self) -> u32 {
        match self {
            Variant::Full => 1920,
            Variant::Card | Variant::CardWebp => 800,
            Variant::Thumb => 320,
        }
    }
    /// 1 to 100, on the format's own scale.
    pub fn quality(self) -> u8 {
        match self {
            Variant::Full => 85,
            Variant::Card => 82,
            Variant::CardWebp => 75,
            Variant::Thumb => 80,
        }
    }
    /// The dimensions of a picture of this shape in this size.
    pub fn fit(self, width: u32, height: u32) -> (u32, u32) {
        let (longer, side) = (u64::from(width.max(height)), u64::from(self.side()));
        if longer <= side {
            return (width, height);
        }
        let scaled = |n: u32| ((u64::from(n) * side + longer / 2) / longer).max(1) as u32;
        (scaled(width), scaled(height))
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;

    #[test]
    fn pictures_keep_their_shape_and_do_not_grow() {
        assert_eq!(Variant::Full.fit(4000, 3000), (1920, 1440));
        assert_eq!(Variant::Card.fit(3000, 4000), (600, 800));
        assert_eq!(Variant::Thumb.fit(320, 7), (320, 7));
        assert_eq!(Variant::Full.fit(1, 1), (1, 1));
        assert_eq!(Variant::Thumb.fit(65_535, 1), (320, 1));
    }
}
