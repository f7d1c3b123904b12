use super::{
    columns::Columns,
    plan::Plan,
    scan::{OTHER, Picked, scan},
    value_counts::{BitCounts, ValueCounts},
};
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

/// Rows of a block, in lists that are used again for every block.
#[derive(Default)]
struct Picks {
    near: Picked,
    everywhere: Picked,
    own: Picked,
}

/// Counters of one pass.
struct Counters {
    maker: ValueCounts,
    color: ValueCounts,
    engine: ValueCounts,
    gearbox: ValueCounts,
    body: ValueCounts,
    option: BitCounts,
    model: Vec<u32>,
}

impl Counters {
    fn new(models: usize) -> Self {
        let new = ValueCounts::default;
        let model = vec![0; models];
        Counters { maker: new(), color: new(), engine: new(), gearbox: new(), body: new(), option: BitCounts::default(), model }
    }
    /// Counts the rows of one block: those that fail nothing everywhere, those that fail one filter in that filter's facet.
    fn block(&mut self, c: &Columns, start: usize, fails: &[u8], picks: &mut Picks) -> usize {
        let rows = start..start + fails.len();
        let Picks { near, everywhere, own } = picks;
        near.near(fails);
        // Where no row fails a filter that has a facet, the rows of that facet are those that fail nothing.
        let seen = fails.iter().fold(0, |all, fail| all | fail);
        let everywhere = if seen & !OTHER == 0 {
            near.rows()
        } else {
            everywhere.of(near.rows(), fails, 0);
            everywhere.rows()
        };
        let mut rows_of = |d: Dimension, count: &mut dyn FnMut(&[u16])| {
            if seen & d.bit() == 0 {
                return count(everywhere);
            }
            own.of(near.rows(), fails, d.bit());
            count(own.rows());
        };
        rows_of(Dimension::Maker, &mut |picked| self.maker.add(&c.maker[rows.clone()], picked));
        rows_of(Dimension::Color, &mut |picked| self.color.add(&c.color[rows.clone()], picked));
        rows_of(Dimension::Engine, &mut |picked| self.engine.add(&c.engine[rows.clone()], picked));
        rows_of(Dimension::Gearbox, &mut |picked| self.gearbox.add(&c.gearbox[rows.clone()], picked));
        rows_of(Dimension::Body, &mut |picked| self.body.add(&c.body[rows.clone()], picked));
        rows_of(Dimension::Option, &mut |picked| self.option.add(&c.options[rows.clone()], picked));
        rows_of(Dimension::Model, &mut |picked| {
            let models = &c.model[rows.clone()];
            for row in picked {
                self.model[models[usize::from(*row)] as usize] += 1;
            }
        });
        everywhere.len()
    }
}

fn choices<C: Choice>(counts: &ValueCounts) -> Vec<ValueCount> {
    ordered(C::ALL.iter().map(|c| (c.value(), counts.of(c.code()))))
}

/// Counts all facets in one pass.
pub(super) fn count(columns: &Columns, plan: &Plan) -> Facets {
    let mut n = Counters::new(columns.models.codes());
    let mut picks = Picks::default();
    let mut total = 0;
    scan(columns, plan, |start, fails| total += n.block(columns, start, fails, &mut picks) as u64);
    let model = n.model.iter().enumerate().filter_map(|(code, count)| Some((columns.models.value(code as u32)?, u64::from(*count))));
    let option = n.option.counts();
    Facets {
        total,
        maker: ordered(Maker::all().map(|m| (m.value(), n.maker.of(m.code())))),
        model: ordered(model),
        color: choices::<Color>(&n.color),
        engine: choices::<Engine>(&n.engine),
        gearbox: choices::<Gearbox>(&n.gearbox),
        body: choices::<Body>(&n.body),
        option: ordered((0..64).filter_map(|bit| Some((OptionSet::value(bit)?, option[bit as usize])))),
    }
}
