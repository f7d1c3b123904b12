//! Walks through the markers of a JPEG (ITU T.81, annex B) without decoding it.

use std::io::{self, BufRead, Read};

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
}

/// Gives the layout of a picture that has a beginning, at least one scan and an end; `None` of any other, also of kinds that are not
/// decoded (lossless, arithmetic coding). What follows the end (a video, a second picture) does not matter.
///
/// # Errors
/// If the file cannot be read.
pub fn walk(file: &mut impl BufRead) -> io::Result<Option<Layout>> {
    match walked(file) {
        Ok(layout) => Ok(layout),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e),
    }
}

fn walked(file: &mut impl BufRead) -> io::Result<Option<Layout>> {
    let mut layout = Layout::default();
    let mut start = [0; 2];
    file.read_exact(&mut start)?;
    loop {
        match marker(file)? {
            0xD9 => return Ok((layout.scans > 0).then_some(layout)),
            // SOF0 to SOF2: baseline, extended, progressive
            n @ 0xC0..=0xC2 if layout.width == 0 => {
                let Some(frame) = frame(&segment(file)?, n == 0xC2) else { return Ok(None) };
                layout = frame;
            }
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return Ok(None),
            0xDA => {
                layout.scans += 1;
                if layout.width == 0 || layout.scans > SCANS {
                    return Ok(None);
                }
                skip(file)?;
            }
            0x01 | 0xD8 => {}
            _ => skip(file)?,
        }
    }
}

/// The next marker, over entropy-coded data and its stuffed zeros and restarts.
fn marker(file: &mut impl BufRead) -> io::Result<u8> {
    loop {
        if file.skip_until(0xFF)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut byte = [0xFF];
        while byte[0] == 0xFF {
            file.read_exact(&mut byte)?;
        }
        if !matches!(byte[0], 0 | 0xD0..=0xD7) {
            return Ok(byte[0]);
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
        scans: 0,
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
        assert_eq!(found, Layout { width: 64, height: 32, components: 3, samples: 1.5, progressive: true, scans: 2 });
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
}
