use super::{columns::Columns, details::EMISSION_CLASS, facets::Dimension, plan::Plan, valuation};

/// Rows that are looked at in one go: their failures stay in the first-level cache.
pub(super) const BLOCK: usize = 4096;
/// The bit of all filters that have no facet: ranges, words, seller, and not being listed.
pub(super) const OTHER: u8 = 1 << 7;

/// Sets `bit` for each value outside the range, without a branch, so that the compiler makes it wide.
macro_rules! outside {
    ($fails:expr, $column:expr, $range:expr, $bit:expr) => {{
        let (from, to) = $range;
        if from > to {
            $fails.fill(OTHER);
        } else {
            for (fail, value) in $fails.iter_mut().zip($column) {
                *fail |= u8::from(value.wrapping_sub(from) > to - from) * $bit;
            }
        }
    }};
}

fn codes(fails: &mut [u8], column: &[u8], asked: Option<u64>, bit: u8) {
    let Some(asked) = asked else { return };
    if asked.count_ones() == 1 {
        let code = asked.trailing_zeros() as u8;
        for (fail, value) in fails.iter_mut().zip(column) {
            *fail |= u8::from(*value != code) * bit;
        }
        return;
    }
    for (fail, value) in fails.iter_mut().zip(column) {
        *fail |= (!(asked >> (*value & 63)) as u8 & 1) * bit;
    }
}

/// Writes for each row of a block which filters it fails.
fn block(columns: &Columns, plan: &Plan, start: usize, fails: &mut [u8]) {
    let rows = start..start + fails.len();
    match &plan.text {
        None => fails.fill(0),
        Some(slots) => {
            fails.fill(OTHER);
            for slot in slots.range(start as u32..rows.end as u32) {
                fails[slot as usize - start] = 0;
            }
        }
    }
    outside!(fails, &columns.price[rows.clone()], plan.price, OTHER);
    if let Some(range) = plan.year {
        outside!(fails, &columns.year[rows.clone()], range, OTHER);
    }
    if let Some(range) = plan.mileage {
        outside!(fails, &columns.mileage[rows.clone()], range, OTHER);
    }
    if let Some(range) = plan.power {
        outside!(fails, &columns.power[rows.clone()], range, OTHER);
    }
    for asked in &plan.details {
        let values = columns.details[rows.clone()].iter().map(|word| asked.field.of(*word));
        outside!(fails, values, (asked.from, asked.to), OTHER);
    }
    if let Some(asked) = plan.emission_class {
        for (fail, word) in fails.iter_mut().zip(&columns.details[rows.clone()]) {
            *fail |= (!(asked >> EMISSION_CLASS.of(*word)) as u8 & 1) * OTHER;
        }
    }
    if let Some((middle, farthest)) = plan.near {
        let positions = columns.x[rows.clone()].iter().zip(&columns.y[rows.clone()]).zip(&columns.z[rows.clone()]);
        for (fail, ((x, y), z)) in fails.iter_mut().zip(positions) {
            *fail |= u8::from(middle.squared_chord(*x, *y, *z) > farthest) * OTHER;
        }
    }
    if let Some(seller) = plan.seller {
        for (fail, value) in fails.iter_mut().zip(&columns.seller[rows.clone()]) {
            *fail |= u8::from(*value != seller) * OTHER;
        }
    }
    codes(fails, &columns.maker[rows.clone()], plan.maker, Dimension::Maker.bit());
    codes(fails, &columns.body[rows.clone()], plan.body, Dimension::Body.bit());
    codes(fails, &columns.engine[rows.clone()], plan.engine, Dimension::Engine.bit());
    codes(fails, &columns.gearbox[rows.clone()], plan.gearbox, Dimension::Gearbox.bit());
    codes(fails, &columns.color[rows.clone()], plan.color, Dimension::Color.bit());
    if let Some(asked) = &plan.model {
        for (fail, value) in fails.iter_mut().zip(&columns.model[rows.clone()]) {
            *fail |= u8::from(!asked[*value as usize]) * Dimension::Model.bit();
        }
    }
    if let Some(asked) = plan.options {
        for (fail, value) in fails.iter_mut().zip(&columns.options[rows.clone()]) {
            *fail |= u8::from(*value & asked == 0) * Dimension::Option.bit();
        }
    }
    if let Some(steps) = plan.ratings {
        // Last, and only for rows that are still of use: it costs more than all the others together.
        for (fail, row) in fails.iter_mut().zip(rows).filter(|(fail, _)| **fail & OTHER == 0) {
            *fail |= u8::from(!valuation::is_in(steps, columns.deal(row))) * OTHER;
        }
    }
}

/// Looks at every row once, block by block; `see` gets the first row of each block and what its rows fail.
pub(super) fn scan(columns: &Columns, plan: &Plan, see: impl FnMut(usize, &[u8])) {
    scan_blocks((0..columns.rows()).step_by(BLOCK), columns, plan, see);
}

/// The same from the last block to the first: rows are added at the end, so the newest ones come early.
pub(super) fn scan_backwards(columns: &Columns, plan: &Plan, see: impl FnMut(usize, &[u8])) {
    scan_blocks((0..columns.rows()).step_by(BLOCK).rev(), columns, plan, see);
}

fn scan_blocks(starts: impl Iterator<Item = usize>, columns: &Columns, plan: &Plan, mut see: impl FnMut(usize, &[u8])) {
    let mut fails = [0; BLOCK];
    for start in starts {
        let len = BLOCK.min(columns.rows() - start);
        let reached = plan.text.as_ref().is_none_or(|slots| slots.range_cardinality(start as u32..(start + len) as u32) > 0);
        if reached {
            let fails = &mut fails[..len];
            block(columns, plan, start, fails);
            see(start, fails);
        }
    }
}

/// Rows of a block that fail nothing.
pub(super) fn passing(start: usize, fails: &[u8]) -> impl Iterator<Item = usize> + '_ {
    fails.iter().enumerate().filter(|(_, f)| **f == 0).map(move |(i, _)| start + i)
}

/// The rows of one block that belong to a facet.
pub(super) struct Picked {
    rows: Box<[u16; BLOCK]>,
    len: usize,
}

impl Default for Picked {
    fn default() -> Self {
        Picked { rows: Box::new([0; BLOCK]), len: 0 }
    }
}

impl Picked {
    /// Picks the rows that fail at most one filter, and that one has a facet. Without a branch per row: it could not be predicted.
    pub fn near(&mut self, fails: &[u8]) {
        let mut len = 0;
        for (i, fail) in fails.iter().enumerate() {
            self.rows[len & (BLOCK - 1)] = i as u16;
            len += usize::from(fail & fail.wrapping_sub(1) == 0 && *fail != OTHER);
        }
        self.len = len;
    }
    /// Picks of these the rows that fail nothing but, perhaps, the filter of this bit.
    pub fn of(&mut self, near: &[u16], fails: &[u8], but: u8) {
        let mut len = 0;
        for row in near {
            self.rows[len & (BLOCK - 1)] = *row;
            len += usize::from(fails[usize::from(*row)] & !but == 0);
        }
        self.len = len;
    }
    /// What was picked, counted from the start of the block.
    pub fn rows(&self) -> &[u16] {
        &self.rows[..self.len]
    }
}
