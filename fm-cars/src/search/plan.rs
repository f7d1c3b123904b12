use super::{
    Criteria, Range,
    columns::{Columns, NO_MILEAGE},
    details::{Asked, DOORS, OWNERS, SEATS},
    postings::Postings,
    words::Question,
};
use crate::{
    car::{MILEAGE, POWER, PRICE},
    catalogue::{Choice, Maker},
    places::Position,
};
use roaring::RoaringBitmap;

/// The criteria in the terms of one index: masks over codes, inclusive ranges, the slots that have the words. `None` = asks nothing.
#[derive(Debug)]
pub(super) struct Plan {
    pub maker: Option<u64>,
    pub body: Option<u64>,
    pub engine: Option<u64>,
    pub gearbox: Option<u64>,
    pub color: Option<u64>,
    /// Whether a model's code is asked for, by code.
    pub model: Option<Vec<bool>>,
    pub options: Option<u64>,
    /// Always there: what is not listed has the price 0.
    pub price: (u32, u32),
    pub year: Option<(u16, u16)>,
    pub mileage: Option<(u32, u32)>,
    pub power: Option<(u16, u16)>,
    pub emission_class: Option<u64>,
    /// What is asked of the details of a car, all of it.
    pub details: Vec<Asked>,
    pub seller: Option<u32>,
    /// The set of ratings that are asked for.
    pub ratings: Option<u8>,
    /// The middle, and the square of the straight line to the farthest.
    pub near: Option<(Position, f32)>,
    pub text: Option<RoaringBitmap>,
}

fn mask(codes: impl ExactSizeIterator<Item = u8>) -> Option<u64> {
    (codes.len() > 0).then(|| codes.fold(0, |m, c| m | 1 << c))
}
fn choices<C: Choice>(of: &[C]) -> Option<u64> {
    mask(of.iter().map(|c| c.code()))
}
fn narrow(range: Range, least: u16, most: u16) -> Option<(u16, u16)> {
    let cut = |v: u32| u16::try_from(v).unwrap_or(u16::MAX);
    (!range.is_open()).then(|| (range.from.map_or(least, cut).max(least), range.to.map_or(most, cut)))
}

impl Plan {
    /// Makes the plan of a search.
    pub fn new(criteria: &Criteria, columns: &Columns, postings: &Postings) -> Self {
        let c = criteria;
        let model = (!c.models.is_empty()).then(|| {
            let mut asked = vec![false; columns.models.codes()];
            for code in c.models.iter().filter_map(|m| columns.models.code(m)) {
                asked[code as usize] = true;
            }
            asked
        });
        let mileage = (!c.mileage.is_open())
            .then(|| (c.mileage.from.unwrap_or(0), c.mileage.to.unwrap_or(*MILEAGE.end() as u32).min(NO_MILEAGE - 1)));
        Plan {
            maker: mask(c.makers.iter().copied().map(Maker::code)),
            body: choices(&c.bodies),
            engine: choices(&c.engines),
            gearbox: choices(&c.gearboxes),
            color: choices(&c.colors),
            model,
            options: (c.options.bits() != 0).then(|| c.options.bits()),
            price: (c.price.from.unwrap_or(1).max(1), c.price.to.unwrap_or(*PRICE.end() as u32)),
            year: narrow(c.year, 0, u16::MAX),
            mileage,
            power: narrow(c.power, 1, *POWER.end() as u16),
            emission_class: choices(&c.emission_classes),
            details: [
                DOORS.within(c.doors),
                SEATS.within(c.seats),
                OWNERS.within(c.owners),
                c.inspected.map(Asked::inspected),
                c.undamaged.then_some(Asked::UNDAMAGED),
            ]
            .into_iter()
            .flatten()
            .collect(),
            // 0 is nobody's code.
            seller: c.seller.as_deref().map(|s| columns.sellers.code(s).unwrap_or(0)),
            ratings: (!c.ratings.is_empty()).then(|| c.ratings.iter().fold(0, |set, step| set | step.bit())),
            near: c.near.and_then(|near| Some((near.position, Position::squared_chord_of(f64::from(near.within?))))),
            text: c.text.as_deref().and_then(Question::parse).map(|q| postings.find(&q)),
        }
    }
}
