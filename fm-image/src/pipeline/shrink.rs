//! Makes pictures smaller: each new pixel is the mean of the area that it stands for, exact to fractions of a pixel.

/// RGB, 8 bits each, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl Picture {
    /// Makes a smaller one of it.
    pub fn shrunk(&self, to: (u32, u32)) -> Picture {
        let stride = self.width as usize * 3;
        shrunk((self.width, self.height), to, |y, row| row.extend_from_slice(&self.pixels[y as usize * stride..][..stride]))
    }
}

/// Where a source's pixel goes along one axis: to the target `to`, and the rest of it to the next one.
struct Share {
    to: usize,
    here: u64,
    next: u64,
}

/// In units in which a source's pixel is as wide as the target has pixels, and a target's as the source has.
fn shares(from: u32, to: u32) -> Vec<Share> {
    let (from, to) = (u64::from(from), u64::from(to));
    let share = |i: u64| {
        let target = i * to / from;
        let here = ((target + 1) * from).min((i + 1) * to) - i * to;
        Share { to: target as usize, here, next: to - here }
    };
    (0..from).map(share).collect()
}

/// Makes a picture of size `to`, which is not larger than `from`, of rows that `row` appends to an empty buffer.
pub fn shrunk(from: (u32, u32), to: (u32, u32), mut row: impl FnMut(u32, &mut Vec<u8>)) -> Picture {
    let (columns, rows) = (shares(from.0, to.0), shares(from.1, to.1));
    let area = u64::from(from.0) * u64::from(from.1);
    let width = to.0 as usize * 3;
    let mut pixels = Vec::with_capacity(width * to.1 as usize);
    let (mut source, mut across) = (Vec::new(), vec![0u64; width + 3]);
    let (mut sums, mut later) = (vec![0u64; width], vec![0u64; width]);
    for (y, share) in (0..from.1).zip(&rows) {
        source.clear();
        row(y, &mut source);
        squeeze(&source, &columns, &mut across);
        for ((sum, later), value) in sums.iter_mut().zip(&mut later).zip(&across) {
            *sum += value * share.here;
            *later += value * share.next;
        }
        let ends = rows.get(y as usize + 1).is_none_or(|following| following.to > share.to);
        if ends {
            pixels.extend(sums.iter().map(|sum| ((sum + area / 2) / area) as u8));
            std::mem::swap(&mut sums, &mut later);
            later.fill(0);
        }
    }
    Picture { width: to.0, height: to.1, pixels }
}

/// One row; the last target has a neighbour that nothing goes to.
fn squeeze(source: &[u8], columns: &[Share], across: &mut [u64]) {
    across.fill(0);
    for (pixel, share) in source.chunks_exact(3).zip(columns) {
        if let ([r, g, b], [r0, g0, b0, r1, g1, b1]) = (pixel, &mut across[share.to * 3..][..6]) {
            let (r, g, b) = (u64::from(*r), u64::from(*g), u64::from(*b));
            *r0 += r * share.here;
            *g0 += g * share.here;
            *b0 += b * share.here;
            *r1 += r * share.next;
            *g1 += g * share.next;
            *b1 += b * share.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, values: &[u8]) -> Picture {
        let pixels: Vec<u8> = values.iter().flat_map(|&v| [v; 3]).collect();
        Picture { width, height: values.len() as u32 / width, pixels }
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = grey(3, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(picture.shrunk((3, 2)), picture);
    }

    #[test]
    fn each_pixel_is_the_mean_of_its_area() {
        assert_eq!(grey(4, &[0, 10, 20, 30, 10, 20, 30, 40]).shrunk((2, 1)), grey(2, &[10, 30]));
        // 3 -> 2: the middle one is shared
        assert_eq!(grey(3, &[0, 90, 240]).shrunk((2, 1)), grey(2, &[30, 190]));
        assert_eq!(grey(1, &[0, 90, 240]).shrunk((1, 2)), grey(1, &[30, 190]));
    }

    #[test]
    fn brightness_stays_whatever_the_sizes() {
        for from in [(7, 5), (64, 3), (101, 100)] {
            for to in [(1, 1), (5, 3), (7, 2)] {
                let shrunk = grey(from.0, &vec![200; (from.0 * from.1) as usize]).shrunk(to);
                assert_eq!(shrunk, grey(to.0, &vec![200; (to.0 * to.1) as usize]), "{from:?} to {to:?}");
            }
        }
    }
}
