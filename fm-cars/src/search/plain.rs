use super::{
    Criteria, Estimate, Facets, Found, Like, Listing, ReadModel, Sort, SortBy, Valuation,
    dictionary::Dictionary,
    facets::{Dimension, ordered},
    valuation::{Groups, Point},
    words::{self, Question},
};
use crate::{
    car::CarId,
    catalogue::{Choice, OptionSet},
    places::Position,
};
use std::collections::BTreeMap;

/// The same answers in the plainest way: a filter over a list, once per facet. Slow on purpose: what [`super::Index`] is held against.
#[derive(Debug, Default)]
pub struct Plain {
    cars: BTreeMap<CarId, (i64, Option<Listing>)>,
}

fn one_of<T: PartialEq>(asked: &[T], value: Option<&T>) -> bool {
    asked.is_empty() || value.is_some_and(|v| asked.contains(v))
}

/// How far a car is from the place that is searched around.
fn distance(car: &Listing, c: &Criteria) -> Option<f32> {
    let (from, to) = (c.near?.position, car.position?);
    Some(from.squared_chord(to.x, to.y, to.z))
}

/// Whether a car fits, one filter left out; the rating of its price aside.
fn fits(car: &Listing, c: &Criteria, but: Option<Dimension>) -> bool {
    let asked = |d: Dimension| but != Some(d);
    (!asked(Dimension::Maker) || one_of(&c.makers, Some(&car.maker)))
        && (!asked(Dimension::Model) || one_of(&c.models, car.model.as_ref()))
        && (!asked(Dimension::Color) || one_of(&c.colors, car.color.as_ref()))
        && (!asked(Dimension::Engine) || one_of(&c.engines, car.engine.as_ref()))
        && (!asked(Dimension::Gearbox) || one_of(&c.gearboxes, car.gearbox.as_ref()))
        && (!asked(Dimension::Body) || one_of(&c.bodies, car.body.as_ref()))
        && (!asked(Dimension::Option) || c.options == OptionSet::default() || c.options.bits() & car.options.bits() != 0)
        && c.price.holds(Some(car.price))
        && c.year.holds(Some(u32::from(car.year)))
        && c.mileage.holds(car.mileage)
        && c.power.holds(car.power_ps.map(u32::from))
        && one_of(&c.emission_classes, car.emission_class.as_ref())
        && c.doors.holds(car.doors.map(u32::from))
        && c.seats.holds(car.seats.map(u32::from))
        && c.owners.holds(car.owners.map(u32::from))
        && c.inspected.is_none_or(|month| car.inspection_until.is_some_and(|until| until >= month))
        && (!c.undamaged || car.unrepaired_damage == Some(false))
        && c.near
            .and_then(|near| near.within)
            .is_none_or(|km| distance(car, c).is_some_and(|chord| chord <= Position::squared_chord_of(f64::from(km))))
        && c.seller.as_ref().is_none_or(|s| *s == car.seller)
        && c.text.as_deref().and_then(Question::parse).is_none_or(|q| q.fits(&words::of_car(&car.text)))
}

impl Plain {
    fn listed(&self) -> impl Iterator<Item = &Listing> {
        self.cars.values().filter_map(|(_, car)| car.as_ref())
    }
    fn told(&mut self, id: CarId, version: i64, car: Option<Listing>) {
        if self.version(id).is_none_or(|v| v < version) {
            self.cars.insert(id, (version, car));
        }
    }
    /// The groups of like cars, counted anew from all of them but one, with the names of their models and the group of one car.
    fn groups(&self, without: Option<CarId>, of: Option<CarId>) -> (Groups, Dictionary, u32) {
        let (mut groups, mut names, mut own) = (Groups::default(), Dictionary::default(), 0);
        for other in self.listed().filter(|car| Some(car.id) != without) {
            let model = other.model.as_deref().map_or(0, |m| names.intern(m));
            let code = groups.code(other, model);
            groups.take(code, Point::of(other.price, other.year, other.mileage), 1.0);
            if Some(other.id) == of {
                own = code;
            }
        }
        (groups, names, own)
    }
    /// What like cars say of a price.
    fn value(&self, car: &Listing) -> Option<Valuation> {
        let (groups, _, own) = self.groups(None, Some(car.id));
        groups.valuation(own, Point::of(car.price, car.year, car.mileage))
    }
    fn fits(&self, car: &Listing, c: &Criteria, but: Option<Dimension>) -> bool {
        fits(car, c, but) && (c.ratings.is_empty() || self.value(car).is_some_and(|v| c.ratings.contains(&v.step())))
    }
    fn facet<'a>(&'a self, c: &Criteria, of: Dimension, values: impl Fn(&'a Listing) -> Vec<&'a str>) -> Vec<super::ValueCount> {
        let mut counts = BTreeMap::new();
        for value in self.listed().filter(|car| self.fits(car, c, Some(of))).flat_map(values) {
            *counts.entry(value).or_insert(0) += 1;
        }
        ordered(counts.into_iter())
    }
}

fn word<C: Choice>(choice: Option<C>) -> Vec<&'static str> {
    choice.map(C::value).into_iter().collect()
}

impl ReadModel for Plain {
    fn put(&mut self, car: Listing, version: i64) {
        self.told(car.id, version, Some(car));
    }
    fn remove(&mut self, id: CarId, version: i64) {
        self.told(id, version, None);
    }
    fn version(&self, id: CarId) -> Option<i64> {
        self.cars.get(&id).map(|c| c.0)
    }
    fn len(&self) -> usize {
        self.listed().count()
    }
    fn count(&self, criteria: &Criteria) -> u64 {
        self.listed().filter(|car| self.fits(car, criteria, None)).count() as u64
    }
    fn page(&self, criteria: &Criteria, sort: Sort, offset: usize, limit: usize) -> Found {
        let mut found: Vec<_> = self.listed().filter(|car| self.fits(car, criteria, None)).collect();
        // A second key of the default order, and of no other.
        let pictured = |c: &Listing| sort.by == SortBy::Pictured && c.pictured;
        found.sort_by(|a, b| {
            let value = |c: &Listing| match sort.by {
                SortBy::Pictured | SortBy::Added => Some(c.added),
                SortBy::Price => Some(i64::from(c.price)),
                SortBy::Year => Some(i64::from(c.year)),
                SortBy::Deal => self.value(c).map(|v| i64::from(v.deal)),
                SortBy::Distance => distance(c, criteria).map(|chord| i64::from(chord.to_bits())),
                SortBy::Mileage => c.mileage.map(i64::from),
            };
            let by_value = match (value(a), value(b)) {
                (Some(x), Some(y)) if sort.descending => y.cmp(&x),
                (Some(x), Some(y)) => x.cmp(&y),
                (x, y) => y.is_some().cmp(&x.is_some()),
            };
            let by_picture = pictured(a).cmp(&pictured(b));
            let by_picture = if sort.descending { by_picture.reverse() } else { by_picture };
            by_picture.then(by_value).then_with(|| a.id.cmp(&b.id))
        });
        Found { total: found.len() as u64, ids: found.iter().skip(offset).take(limit).map(|c| c.id).collect() }
    }
    fn valuation(&self, id: CarId) -> Option<Valuation> {
        self.value(self.cars.get(&id)?.1.as_ref()?)
    }
    fn estimate(&self, like: &Like, without: Option<CarId>) -> Option<Estimate> {
        let (groups, names, _) = self.groups(without, None);
        groups.estimate(like, names.code(&like.model)?, None)
    }
    fn facets(&self, c: &Criteria) -> Facets {
        Facets {
            total: self.count(c),
            maker: self.facet(c, Dimension::Maker, |car| vec![car.maker.value()]),
            model: self.facet(c, Dimension::Model, |car| car.model.as_deref().into_iter().collect()),
            color: self.facet(c, Dimension::Color, |car| word(car.color)),
            engine: self.facet(c, Dimension::Engine, |car| word(car.engine)),
            gearbox: self.facet(c, Dimension::Gearbox, |car| word(car.gearbox)),
            body: self.facet(c, Dimension::Body, |car| word(car.body)),
            option: self.facet(c, Dimension::Option, |car| car.options.values().collect()),
        }
    }
}
