//! The sizes that are made of every picture.

use serde::Deserialize;

/// A size; pictures keep their shape and are never made larger than they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    Full,
    Card,
    Thumb,
}

impl Size {
    /// From the largest to the smallest: each is made of the one before.
    pub const ALL: [Size; 3] = [Size::Full, Size::Card, Size::Thumb];

    pub fn name(self) -> &'static str {
        match self {
            Size::Full => "full",
            Size::Card => "card",
            Size::Thumb => "thumb",
        }
    }
    /// The longer side is at most this many pixels.
    pub fn side(self) -> u32 {
        match self {
            Size::Full => 1920,
            Size::Card => 800,
            Size::Thumb => 320,
        }
    }
    /// JPEG quality, 1 to 100.
    pub fn quality(self) -> u8 {
        match self {
            Size::Full => 85,
            Size::Card => 82,
            Size::Thumb => 80,
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
    use super::Size;

    #[test]
    fn pictures_keep_their_shape_and_do_not_grow() {
        assert_eq!(Size::Full.fit(4000, 3000), (1920, 1440));
        assert_eq!(Size::Card.fit(3000, 4000), (600, 800));
        assert_eq!(Size::Thumb.fit(320, 7), (320, 7));
        assert_eq!(Size::Full.fit(1, 1), (1, 1));
        assert_eq!(Size::Thumb.fit(65_535, 1), (320, 1));
    }
}
