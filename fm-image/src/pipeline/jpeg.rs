//! Walks through the markers of a JPEG (ITU T.81, annex B) without decoding it.

use super::exif;
use image::metadata::Orientation;
use std::io::{self, BufRead, Read, Seek};

/// More scans than any sane encoder writes only cost time.
const SCANS: u32 = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    pub width: u32,
    pub height: u32,
    pub components: u8,
    /// Samples of all components per pixel: 1.5 for 4:2:0, 3 for 4:4:4.
    pub samples: f64,
    pub progressive: bool,
    pub scans: u32,
    /// From the first EXIF block that says it. The standard knows one block (CIPA DC-008-2023, section 4.7.2); of several the first counts,
    /// as in browsers.
    pub orientation: Option<Orientation>,
    /// Whether there is an end marker. Anyone can put one behind half a picture.
    pub ended: bool,
    /// Where the data of the last scan ends at the latest.
    pub data_end: u64,
    ids: Vec<u8>,
    /// The coefficients of each component that have all their bits, as a set.
    complete: Vec<u64>,
}

/// Gives the layout of a picture that has a beginning and at least one scan; `None` of any other, also of kinds that are not decoded
/// (lossless, arithmetic coding). What follows the end (a video, a second picture) does not matter. A picture without an end marker must
/// have the scans of all its coefficients; whether one is cut off, only decoding it tells.
///
/// # Errors
/// If the file cannot be read.
pub fn walk(file: &mut (impl BufRead + Seek)) -> io::Result<Option<Layout>> {
    let mut walk = Walk::default();
    let found = match walk.find_end(file) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Found::SomethingElse,
        Err(e) => return Err(e),
    };
    Ok(match found {
        Found::End => walk.with_end(),
        Found::SomethingElse => walk.without_end(),
        Found::Unsupported => None,
    })
}

enum Found {
    End,
    /// The end of the file, or what cannot belong to the picture.
    SomethingElse,
    Unsupported,
}

#[derive(Default)]
struct Walk {
    layout: Layout,
    /// Where the marker behind the last scan is; none while that is looked for.
    data_end: Option<u64>,
}

impl Walk {
    fn find_end(&mut self, file: &mut (impl BufRead + Seek)) -> io::Result<Found> {
        let mut start = [0; 2];
        file.read_exact(&mut start)?;
        loop {
            let (marker, length) = marker(file)?;
            if self.layout.scans > 0 && self.data_end.is_none() {
                self.data_end = Some(file.stream_position()? - length);
            }
            match marker {
                0xD9 => return Ok(Found::End),
                // SOF0 to SOF2: baseline, extended, progressive
                n @ 0xC0..=0xC2 if self.layout.width == 0 => {
                    let Some(frame) = frame(&segment(file)?, n == 0xC2) else { return Ok(Found::Unsupported) };
                    self.layout = Layout { orientation: self.layout.orientation, ..frame };
                }
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return Ok(Found::SomethingElse),
                0xDA => {
                    let header = segment(file)?;
                    if self.layout.width == 0 || self.layout.scans == SCANS {
                        return Ok(Found::Unsupported);
                    }
                    self.layout.scans += 1;
                    // What only looks like a scan stands in something behind the picture.
                    if self.layout.scan(&header).is_some() {
                        self.data_end = None;
                    }
                }
                0xE1 if self.layout.scans == 0 && self.layout.orientation.is_none() => {
                    self.layout.orientation = exif::of_app1(&segment(file)?);
                }
                0x01 | 0xD8 => {}
                _ => skip(file)?,
            }
        }
    }

    fn with_end(mut self) -> Option<Layout> {
        self.layout.ended = true;
        self.layout.data_end = self.data_end?;
        Some(self.layout)
    }

    fn without_end(mut self) -> Option<Layout> {
        let whole = self.layout.scans > 0 && self.layout.complete.iter().all(|&coefficients| coefficients == u64::MAX);
        self.layout.data_end = self.data_end.unwrap_or(u64::MAX);
        whole.then_some(self.layout)
    }
}

impl Layout {
    /// Notes what a scan brings (sections B.2.3 and G.1.1.1).
    fn scan(&mut self, header: &[u8]) -> Option<()> {
        let (count, rest) = header.split_first()?;
        let (components, parameters) = rest.split_at_checked(2 * usize::from(*count))?;
        let &[first, last, approximation] = parameters else { return None };
        let coefficients = match approximation & 15 {
            _ if !self.progressive => u64::MAX,
            0 if first <= last && last < 64 => u64::MAX >> (63 - (last - first)) << first,
            _ => 0,
        };
        for component in components.chunks_exact(2) {
            let at = self.ids.iter().position(|&id| id == component[0])?;
            self.complete[at] |= coefficients;
        }
        Some(())
    }
}

/// The next marker, over entropy-coded data and its stuffed zeros and restarts, and its length with the fill bytes before it.
fn marker(file: &mut impl BufRead) -> io::Result<(u8, u64)> {
    loop {
        if file.skip_until(0xFF)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (mut byte, mut length) = ([0xFF], 1);
        while byte[0] == 0xFF {
            file.read_exact(&mut byte)?;
            length += 1;
        }
        if !matches!(byte[0], 0 | 0xD0..=0xD7) {
            return Ok((byte[0], length));
        }
    }
}

fn length(file: &mut impl BufRead) -> io::Result<u64> {
    let mut length = [0; 2];
    file.read_exact(&mut length)?;
    Ok(u64::from(u16::from_be_bytes(length)).saturating_sub(2))
}

fn skip(file: &mut impl BufRead) -> io::Result<()> {
    let length = length(file)?;
    if io::copy(&mut file.take(length), &mut io::sink())? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

fn segment(file: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length(file)? as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads a frame header (section B.2.2).
fn frame(bytes: &[u8], progressive: bool) -> Option<Layout> {
    let [8, h1, h2, w1, w2, components, rest @ ..] = bytes else { return None };
    if !matches!(components, 1 | 3 | 4) || rest.len() < usize::from(*components) * 3 {
        return None;
    }
    let factors: Vec<_> = rest.chunks_exact(3).take(usize::from(*components)).map(|c| (c[1] >> 4, c[1] & 15)).collect();
    if factors.iter().any(|&(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v)) {
        return None;
    }
    let most = |f: fn(&(u8, u8)) -> u8| f64::from(factors.iter().map(f).max().unwrap_or(1));
    let all: f64 = factors.iter().map(|&(h, v)| f64::from(h) * f64::from(v)).sum();
    Some(Layout {
        width: u16::from_be_bytes([*w1, *w2]).into(),
        height: u16::from_be_bytes([*h1, *h2]).into(),
        components: *components,
        samples: all / (most(|f| f.0) * most(|f| f.1)),
        progressive,
        ids: rest.chunks_exact(3).take(factors.len()).map(|c| c[0]).collect(),
        complete: vec![0; factors.len()],
        ..Layout::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOF: &[u8] = &[0xFF, 0xC2, 0, 17, 8, 0, 32, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
    const SOS: &[u8] = &[0xFF, 0xDA, 0, 2, 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4];

    fn layout(parts: &[&[u8]]) -> Option<Layout> {
        walk(&mut io::Cursor::new([&[0xFF, 0xD8], parts.concat().as_slice()].concat())).unwrap()
    }

    #[test]
    fn a_whole_picture_is_measured() {
        let found = layout(&[SOF, SOS, SOS, &[0xFF, 0xD9], b"a video"]).unwrap();
        assert_eq!((found.width, found.height, found.components, found.samples), (64, 32, 3, 1.5));
        assert_eq!((found.progressive, found.scans, found.ended), (true, 2, true));
        assert_eq!(found.data_end, (2 + SOF.len() + SOS.len()) as u64);
    }

    #[test]
    fn pictures_without_a_frame_a_scan_or_an_end_are_none() {
        for parts in
            [&[SOF, SOS] as &[&[u8]], &[SOF, &[0xFF, 0xD9]], &[SOS, &[0xFF, 0xD9]], &[&SOF[..9]], &[], &[&[0xFF, 0xE1, 0xFF, 0xFF]]]
        {
            assert_eq!(layout(parts), None, "{parts:?}");
        }
    }

    #[test]
    fn endless_scans_are_refused() {
        let scans = SOS.repeat(SCANS as usize + 1);
        assert_eq!(layout(&[SOF, &scans, &[0xFF, 0xD9]]), None);
    }

    #[test]
    fn the_end_of_a_preview_inside_the_metadata_is_not_the_end() {
        let preview: &[u8] = &[0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9];
        assert_eq!(layout(&[preview, SOF, SOS]), None);
        assert!(layout(&[preview, SOF, SOS, &[0xFF, 0xD9]]).is_some());
    }

    /// A scan of these components and coefficients, and some data.
    fn scan(components: &[u8], first: u8, last: u8, approximation: u8) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xDA, 0, 6 + 2 * components.len() as u8, components.len() as u8];
        bytes.extend(components.iter().flat_map(|&id| [id, 0]));
        bytes.extend([first, last, approximation, 1, 2, 0xFF, 0, 3]);
        bytes
    }

    #[test]
    fn a_picture_without_an_end_needs_the_scans_of_all_its_coefficients() {
        let dc = |approximation| scan(&[1, 2, 3], 0, 0, approximation);
        let ac = |id| scan(&[id], 1, 63, 0);
        let (coarse, fine) = (dc(1), dc(0x10));
        let (y, cb, cr) = (ac(1), ac(2), ac(3));
        assert!(layout(&[SOF, &coarse, &y, &cb, &cr]).is_none(), "the DC coefficients lack a bit");
        assert!(layout(&[SOF, &coarse, &y, &cb, &fine]).is_none(), "one component has no AC coefficients");
        assert!(layout(&[SOF, &coarse, &y, &cb, &scan(&[3], 1, 62, 0), &fine]).is_none());
        let parts = [SOF, &coarse, &y, &cb, &cr, &fine].concat();
        let end = |parts: &[&[u8]]| layout(parts).map(|layout| (layout.ended, layout.data_end));
        assert_eq!(end(&[&parts]), Some((false, u64::MAX)));
        for behind in [b"\xFF\xD8\xFF\xC0\0\x02".as_slice(), b"\xFF\xFE\xFF\xFFSEFT", b"\xFF\xC3", b"\xFF\xDA\0\x02ab"] {
            assert_eq!(end(&[&parts, behind]), Some((false, 2 + parts.len() as u64)), "{behind:?}");
        }
        assert!(layout(&[&SOF[..1], &[0xC0], &SOF[2..], &scan(&[1, 2, 3], 0, 63, 0)]).is_some(), "baseline needs one");
        assert!(layout(&[&SOF[..1], &[0xC0], &SOF[2..], &scan(&[1, 2], 0, 63, 0)]).is_none());
    }
}
