//! What a car should cost, by the cars that are like it: same maker, model and engine.
//!
//! Per group a straight line is fitted through the logarithms of the prices, over year and mileage (least squares, drawn towards what a year
//! and 10,000 km cost on average, so that a few cars make no wild slope). The sums behind it change with every car in constant time, so a
//! rating is never out of date. A car is held against the line that the *others* make: the leave-one-out residual of a linear smoother is
//! `r / (1 - h)`, so nothing is fitted anew per car.

use super::Listing;
use crate::catalogue::{Choice, Engine, Maker};
use std::collections::HashMap;

/// Like cars that a rating needs, beside the car itself.
pub const MIN_PEERS: u32 = 8;
/// Older cars are collectors' items, whose price follows other rules.
const FIRST_YEAR: u16 = 1995;
/// Whole euros; what lies outside is no asking price for a car that drives.
const PRICES: std::ops::RangeInclusive<u32> = 200..=500_000;
/// Kilometres; what lies outside is a slip of the pen.
const MAX_MILEAGE: u32 = 600_000;
/// What one year changes on average, as a logarithm, and as how many cars' worth of evidence that counts.
const YEAR: (f64, f64) = (0.10, 16.0);
/// What 10,000 km change on average, as a logarithm, and its weight.
const MILEAGE: (f64, f64) = (-0.03, 36.0);
/// A residual is told in ten-thousandths of a logarithm.
const SCALE: f64 = 10_000.0;
/// No car lies further from its peers; ten-thousandths.
const MAX_DEAL: i32 = 200_000;

/// How a price compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 15 % or more below.
    VeryGood,
    /// 6 % or more below.
    Good,
    /// Within 6 %.
    Fair,
    /// 6 % or more above.
    High,
    /// 17 % or more above.
    VeryHigh,
}

impl Step {
    /// All, the best first.
    pub const ALL: [Step; 5] = [Step::VeryGood, Step::Good, Step::Fair, Step::High, Step::VeryHigh];

    /// As it is written in a query.
    pub fn value(self) -> &'static str {
        match self {
            Step::VeryGood => "very_good",
            Step::Good => "good",
            Step::Fair => "fair",
            Step::High => "high",
            Step::VeryHigh => "very_high",
        }
    }
    /// Reads what [`Step::value`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Step::ALL.into_iter().find(|s| s.value() == text)
    }
    /// Its bit in a set of steps.
    pub(super) fn bit(self) -> u8 {
        1 << self as u8
    }
    /// The upper end of each step but the last.
    const ENDS: [i32; 4] = [-1_600, -600, 600, 1_600];

    fn of(deal: i32) -> Self {
        Step::ALL[Step::ENDS.iter().filter(|end| deal > **end).count()]
    }
}

/// What the peers say of one car's price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Valuation {
    /// How far the price lies from theirs, in ten-thousandths of a logarithm; below is negative.
    pub deal: i32,
    /// How many there are.
    pub peers: u32,
    /// What one more year changes, as a factor.
    pub per_year: f64,
    /// What 10,000 km more change, as a factor.
    pub per_10000_km: f64,
}

impl Valuation {
    /// How the price compares.
    pub fn step(&self) -> Step {
        Step::of(self.deal)
    }
    /// What the peers would cost with the car's year and mileage; whole euros.
    pub fn expected(&self, price: u32) -> i64 {
        (f64::from(price) * (-f64::from(self.deal) / SCALE).exp()).round() as i64
    }
    /// More than 40 % below: too good to be true.
    pub fn is_too_cheap(&self) -> bool {
        self.deal <= -5_108
    }
}

/// A car that is perhaps none yet, as far as it decides what like cars are.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// Who built it.
    pub maker: Maker,
    /// Slug or free text.
    pub model: String,
    /// What drives it.
    pub engine: Option<Engine>,
    /// Of the first registration.
    pub year: u16,
    /// Kilometres.
    pub mileage: u32,
}

/// What like cars cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// As a logarithm.
    log_price: f64,
    /// How many they are.
    pub peers: u32,
    /// What one more year changes, as a factor.
    pub per_year: f64,
    /// What 10,000 km more change, as a factor.
    pub per_10000_km: f64,
}

impl Estimate {
    /// Whole euros.
    pub fn price(&self) -> i64 {
        self.log_price.exp().round() as i64
    }
    /// The least and the greatest price that is rated as fair; whole euros.
    pub fn fair(&self) -> (i64, i64) {
        // A deal is a whole number: half a one above an end the next step begins.
        let [_, from, to, _] = Step::ENDS.map(|end| (self.log_price + (f64::from(end) + 0.5) / SCALE).exp());
        (from.ceil() as i64, to.floor() as i64)
    }
    /// Rates an asking price.
    pub fn rate(&self, price: u32) -> Valuation {
        let Estimate { log_price, peers, per_year, per_10000_km } = *self;
        let deal = ((f64::from(price.max(1)).ln() - log_price) * SCALE).round() as i32;
        Valuation { deal: deal.clamp(-MAX_DEAL, MAX_DEAL), peers, per_year, per_10000_km }
    }
}

/// One car as the fit sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    year: f64,
    mileage: f64,
    log_price: f64,
}

impl Point {
    /// `None` for a car that is rated not at all, and is nobody's peer.
    pub fn of(price: u32, year: u16, mileage: Option<u32>) -> Option<Self> {
        let mileage = mileage.filter(|m| *m <= MAX_MILEAGE)?;
        (PRICES.contains(&price) && year >= FIRST_YEAR).then(|| Point {
            year: f64::from(year) - 2010.0,
            mileage: f64::from(mileage) / 10_000.0,
            log_price: f64::from(price).ln(),
        })
    }
}

/// Sums over the cars of a group, and the line through them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    n: f64,
    year: f64,
    mileage: f64,
    price: f64,
    year_year: f64,
    year_mileage: f64,
    mileage_mileage: f64,
    year_price: f64,
    mileage_price: f64,
    line: Line,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    year: f64,
    mileage: f64,
    /// The inverse of the scatter matrix with the weights: for the leverage of a point.
    inverse: [f64; 3],
}

impl Group {
    /// Takes a car in (`sign` 1) or out (-1).
    pub fn take(&mut self, p: Point, sign: f64) {
        self.n += sign;
        if self.n < 0.5 {
            *self = Group::default();
            return;
        }
        self.year += sign * p.year;
        self.mileage += sign * p.mileage;
        self.price += sign * p.log_price;
        self.year_year += sign * p.year * p.year;
        self.year_mileage += sign * p.year * p.mileage;
        self.mileage_mileage += sign * p.mileage * p.mileage;
        self.year_price += sign * p.year * p.log_price;
        self.mileage_price += sign * p.mileage * p.log_price;
        self.line = self.fit();
    }
    fn fit(&self) -> Line {
        let n = self.n;
        let (a, b, c) = (
            self.year_year - self.year * self.year / n + YEAR.1,
            self.year_mileage - self.year * self.mileage / n,
            self.mileage_mileage - self.mileage * self.mileage / n + MILEAGE.1,
        );
        let right = (
            self.year_price - self.year * self.price / n + YEAR.0 * YEAR.1,
            self.mileage_price - self.mileage * self.price / n + MILEAGE.0 * MILEAGE.1,
        );
        // Positive: both weights are.
        let det = a * c - b * b;
        let inverse = [c / det, -b / det, a / det];
        Line { year: inverse[0] * right.0 + inverse[1] * right.1, mileage: inverse[1] * right.0 + inverse[2] * right.1, inverse }
    }
    /// How far a car of the group lies from the line that the others make; `None` if they are too few.
    pub fn deal(&self, p: Point) -> Option<i32> {
        let n = self.n;
        if n < f64::from(MIN_PEERS) + 0.5 {
            return None;
        }
        let (dy, dm) = (p.year - self.year / n, p.mileage - self.mileage / n);
        let residual = p.log_price - self.price / n - self.line.year * dy - self.line.mileage * dm;
        let [a, b, c] = self.line.inverse;
        let leverage = 1.0 / n + a * dy * dy + 2.0 * b * dy * dm + c * dm * dm;
        let deal = (residual / (1.0 - leverage) * SCALE).round() as i32;
        Some(deal.clamp(-MAX_DEAL, MAX_DEAL))
    }
    /// What the cars of the group cost at a point, whose price does not matter.
    fn estimate(&self, p: Point) -> Option<Estimate> {
        let n = self.n;
        if n < f64::from(MIN_PEERS) - 0.5 {
            return None;
        }
        let (dy, dm) = (p.year - self.year / n, p.mileage - self.mileage / n);
        let log_price = self.price / n + self.line.year * dy + self.line.mileage * dm;
        Some(Estimate { log_price, peers: n.round() as u32, per_year: self.line.year.exp(), per_10000_km: self.line.mileage.exp() })
    }
    fn valuation(&self, p: Point) -> Option<Valuation> {
        let deal = self.deal(p)?;
        let peers = self.n.round() as u32 - 1;
        Some(Valuation { deal, peers, per_year: self.line.year.exp(), per_10000_km: self.line.mileage.exp() })
    }
}

/// All groups. 0 is the group of cars that are not rated.
#[derive(Debug)]
pub(super) struct Groups {
    codes: HashMap<(u8, u8, u32), u32>,
    all: Vec<Group>,
}

impl Default for Groups {
    fn default() -> Self {
        Groups { codes: HashMap::new(), all: vec![Group::default()] }
    }
}

impl Groups {
    /// The group of a car, by the code of its model.
    pub fn code(&mut self, car: &Listing, model: u32) -> u32 {
        if model == 0 || car.model.as_deref() == Some("other") || Point::of(car.price, car.year, car.mileage).is_none() {
            return 0;
        }
        let key = (Maker::code(car.maker), car.engine.map_or(0, Engine::code), model);
        *self.codes.entry(key).or_insert_with(|| {
            self.all.push(Group::default());
            self.all.len() as u32 - 1
        })
    }
    pub fn take(&mut self, code: u32, p: Option<Point>, sign: f64) {
        if let (1.., Some(p), Some(group)) = (code, p, self.all.get_mut(code as usize)) {
            group.take(p, sign);
        }
    }
    pub fn deal(&self, code: u32, p: Option<Point>) -> Option<i32> {
        self.all.get(code as usize)?.deal(p?)
    }
    pub fn valuation(&self, code: u32, p: Option<Point>) -> Option<Valuation> {
        self.all.get(code as usize)?.valuation(p?)
    }
    /// What like cars cost, one of them left out: its group and its place there.
    pub fn estimate(&self, like: &Like, model: u32, without: Option<(u32, Point)>) -> Option<Estimate> {
        // Any price serves to ask whether year and mileage can be compared.
        let p = Point::of(*PRICES.start(), like.year, Some(like.mileage))?;
        let code = *self.codes.get(&(Maker::code(like.maker), like.engine.map_or(0, Engine::code), model))?;
        let mut group = *self.all.get(code as usize)?;
        if let Some((_, own)) = without.filter(|(of, _)| *of == code) {
            group.take(own, -1.0);
        }
        group.estimate(p)
    }
    /// Bytes in memory, roughly.
    pub fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<Group>() + self.codes.capacity() * 17
    }
}

/// The key that orders by deal.
pub(super) fn key(deal: i32) -> u64 {
    u64::from((deal + MAX_DEAL).unsigned_abs())
}

/// Whether a car with this deal is of one of these steps; a car that is not rated is of none.
pub(super) fn is_in(steps: u8, deal: Option<i32>) -> bool {
    deal.is_some_and(|d| Step::of(d).bit() & steps != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(price: u32, year: u16, mileage: u32) -> Point {
        Point::of(price, year, Some(mileage)).unwrap()
    }
    fn group(points: &[Point]) -> Group {
        let mut group = Group::default();
        points.iter().for_each(|p| group.take(*p, 1.0));
        group
    }

    #[test]
    fn a_car_is_held_against_like_cars_of_its_year_and_mileage() {
        let price = |year: u16, km: u32| (20_000.0 * 0.9_f64.powi(2020 - i32::from(year)) * 0.97_f64.powf(f64::from(km) / 10_000.0)) as u32;
        let cars: Vec<_> = (0..40).map(|n| (2008 + n % 12, 20_000 + u32::from(n) * 3_700)).collect();
        let mut group = group(&cars.iter().map(|(y, km)| point(price(*y, *km), *y, *km)).collect::<Vec<_>>());
        for (factor, step) in [(0.80, Step::VeryGood), (0.90, Step::Good), (1.0, Step::Fair), (1.12, Step::High), (1.3, Step::VeryHigh)] {
            let car = point((f64::from(price(2014, 60_000)) * factor) as u32, 2014, 60_000);
            group.take(car, 1.0);
            let found = group.valuation(car).unwrap();
            assert_eq!((found.step(), found.peers), (step, 40), "{factor}: {}", found.deal);
            let expected = found.expected((f64::from(price(2014, 60_000)) * factor) as u32);
            assert!((expected - i64::from(price(2014, 60_000))).abs() < 300, "{factor}: {expected}");
            group.take(car, -1.0);
        }
        assert!((group.line.year.exp() - 1.0 / 0.9).abs() < 0.02 && (group.line.mileage.exp() - 0.97).abs() < 0.01);
    }

    #[test]
    fn an_estimate_is_what_a_car_at_that_point_is_rated_by() {
        let cars: Vec<_> = (0..20_u32).map(|n| point(7_000 + n * 310, 2008 + (n % 7) as u16, 40_000 + n * 5_100)).collect();
        let mut group = group(&cars);
        let asked = point(9_000, 2011, 77_000);
        let estimate = group.estimate(asked).unwrap();
        let (from, to) = estimate.fair();
        assert_eq!(
            [from - 1, from, to, to + 1].map(|price| estimate.rate(price as u32).step()),
            [Step::Good, Step::Fair, Step::Fair, Step::High]
        );
        group.take(asked, 1.0);
        let rated = group.valuation(asked).unwrap();
        assert_eq!((estimate.rate(9_000).deal, estimate.peers, estimate.price()), (rated.deal, rated.peers, rated.expected(9_000)));
        let of = |n: usize| self::group(&cars[..n]).estimate(asked);
        assert!(of(7).is_none() && of(8).is_some());
    }

    #[test]
    fn fewer_than_eight_peers_rate_nothing() {
        let mut group = group(&[point(9_000, 2015, 90_000); 8]);
        assert_eq!(group.deal(point(9_000, 2015, 90_000)), None);
        group.take(point(9_000, 2015, 90_000), 1.0);
        assert_eq!(group.deal(point(9_000, 2015, 90_000)), Some(0));
    }

    #[test]
    fn a_few_cars_of_one_year_and_mileage_make_no_wild_slope() {
        let group = group(&[point(9_000, 2015, 90_000); 9]);
        assert!((group.line.year - YEAR.0).abs() < 1e-9 && (group.line.mileage - MILEAGE.0).abs() < 1e-9);
    }

    #[test]
    fn a_price_far_below_the_others_is_marked() {
        let mut all = vec![point(9_000, 2015, 90_000); 20];
        all.push(point(5_000, 2015, 90_000));
        let found = group(&all).valuation(all[20]).unwrap();
        assert!(found.is_too_cheap() && found.step() == Step::VeryGood && found.expected(5_000) == 9_000, "{found:?}");
    }

    #[test]
    fn cars_that_cannot_be_compared_are_no_points() {
        for (price, year, mileage) in
            [(199, 2015, Some(1)), (500_001, 2015, Some(1)), (9_000, 1994, Some(1)), (9_000, 2015, None), (9_000, 2015, Some(600_001))]
        {
            assert_eq!(Point::of(price, year, mileage), None);
        }
    }

    fn points() -> impl Strategy<Value = Vec<Point>> {
        prop::collection::vec((200_u32..500_000, 1995_u16..2030, 0_u32..600_000).prop_map(|(p, y, m)| point(p, y, m)), 9..60)
    }

    proptest! {
        #[test]
        fn a_rating_is_what_the_others_say_and_no_trace_is_left(points in points(), at in any::<prop::sample::Index>()) {
            let (all, car) = (group(&points), points[at.index(points.len())]);
            let mut others = all;
            others.take(car, -1.0);
            let n = others.n;
            let expected = others.price / n
                + others.line.year * (car.year - others.year / n)
                + others.line.mileage * (car.mileage - others.mileage / n);
            let deal = f64::from(all.deal(car).unwrap());
            prop_assert!((deal - ((car.log_price - expected) * SCALE).clamp(-2e5, 2e5)).abs() <= 1.0);
            let mut emptied = all;
            points.iter().for_each(|p| emptied.take(*p, -1.0));
            prop_assert!(emptied.n == 0.0 && emptied.price == 0.0);
        }
    }
}
