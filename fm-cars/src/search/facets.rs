use super::{columns::Columns, plan::Plan, scan::scan};
use crate::catalogue::{Body, Choice, Color, Engine, Gearbox, Maker, OptionSet};
use serde::Serialize;

/// A filter that has a facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Dimension {
    /// Maker.
    Maker,
    /// Model.
    Model,
    /// Colour.
    Color,
    /// Engine.
    Engine,
    /// Gearbox.
    Gearbox,
    /// Body.
    Body,
    /// Option.
    Option,
}

impl Dimension {
    /// The bit that a car gets for failing this filter.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// How many cars one more value would give.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// Cars.
    pub count: u64,
}

/// All facets: values with at least one car, most cars first, equal ones by value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Cars that fit everything.
    pub total: u64,
    /// Per maker.
    pub maker: Vec<ValueCount>,
    /// Per model.
    pub model: Vec<ValueCount>,
    /// Per colour.
    pub color: Vec<ValueCount>,
    /// Per engine.
    pub engine: Vec<ValueCount>,
    /// Per gearbox.
    pub gearbox: Vec<ValueCount>,
    /// Per body.
    pub body: Vec<ValueCount>,
    /// Per option.
    pub option: Vec<ValueCount>,
}

/// Puts counts into the order in which they are given.
pub(super) fn ordered<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> Vec<ValueCount> {
    let mut all: Vec<_> = counts.filter(|c| c.1 > 0).map(|(value, count)| ValueCount { value: value.to_owned(), count }).collect();
    all.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    all
}

/// Counters by code. Codes of closed lists are below 64; the mask tells the compiler so.
struct Counters {
    maker: [u32; 64],
    color: [u32; 64],
    engine: [u32; 64],
    gearbox: [u32; 64],
    body: [u32; 64],
    option: [u32; 64],
    model: Vec<u32>,
}

impl Counters {
    fn options(&mut self, mut bits: u64) {
        while bits != 0 {
            self.option[bits.trailing_zeros() as usize & 63] += 1;
            bits &= bits - 1;
        }
    }
    /// A car that fails nothing.
    fn all(&mut self, c: &Columns, row: usize) {
        self.maker[usize::from(c.maker[row] & 63)] += 1;
        self.color[usize::from(c.color[row] & 63)] += 1;
        self.engine[usize::from(c.engine[row] & 63)] += 1;
        self.gearbox[usize::from(c.gearbox[row] & 63)] += 1;
        self.body[usize::from(c.body[row] & 63)] += 1;
        self.model[c.model[row] as usize] += 1;
        self.options(c.options[row]);
    }
    /// A car that fails one filter: counted in that filter's own facet.
    fn one(&mut self, c: &Columns, row: usize, fail: u8) {
        const MAKER: u8 = Dimension::Maker.bit();
        const MODEL: u8 = Dimension::Model.bit();
        const COLOR: u8 = Dimension::Color.bit();
        const ENGINE: u8 = Dimension::Engine.bit();
        const GEARBOX: u8 = Dimension::Gearbox.bit();
        const BODY: u8 = Dimension::Body.bit();
        const OPTION: u8 = Dimension::Option.bit();
        match fail {
            MAKER => self.maker[usize::from(c.maker[row] & 63)] += 1,
            MODEL => self.model[c.model[row] as usize] += 1,
            COLOR => self.color[usize::from(c.color[row] & 63)] += 1,
            ENGINE => self.engine[usize::from(c.engine[row] & 63)] += 1,
            GEARBOX => self.gearbox[usize::from(c.gearbox[row] & 63)] += 1,
            BODY => self.body[usize::from(c.body[row] & 63)] += 1,
            OPTION => self.options(c.options[row]),
            _ => {}
        }
    }
}

fn choices<C: Choice>(counts: &[u32; 64]) -> Vec<ValueCount> {
    ordered(C::ALL.iter().map(|c| (c.value(), u64::from(counts[usize::from(c.code() & 63)]))))
}

/// Counts all facets in one pass.
pub(super) fn count(columns: &Columns, plan: &Plan) -> Facets {
    let zero = [0; 64];
    let model = vec![0; columns.models.codes()];
    let mut n = Counters { maker: zero, color: zero, engine: zero, gearbox: zero, body: zero, option: zero, model };
    let mut total = 0;
    scan(columns, plan, |start, fails| {
        for (i, fail) in fails.iter().enumerate() {
            if *fail == 0 {
                total += 1;
                n.all(columns, start + i);
            } else if fail & (fail - 1) == 0 {
                n.one(columns, start + i, *fail);
            }
        }
    });
    let model = n.model.iter().enumerate().filter_map(|(code, count)| Some((columns.models.value(code as u32)?, u64::from(*count))));
    Facets {
        total,
        maker: ordered(Maker::all().map(|m| (m.value(), u64::from(n.maker[usize::from(m.code() & 63)])))),
        model: ordered(model),
        color: choices::<Color>(&n.color),
        engine: choices::<Engine>(&n.engine),
        gearbox: choices::<Gearbox>(&n.gearbox),
        body: choices::<Body>(&n.body),
        option: ordered((0..64).filter_map(|bit| Some((OptionSet::value(bit)?, u64::from(n.option[bit as usize]))))),
    }
}
