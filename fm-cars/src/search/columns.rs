use super::{
    Estimate, Like, Listing, Sort, SortBy, Valuation, details,
    dictionary::Dictionary,
    valuation::{self, Groups, Point},
};
use crate::{car::CarId, catalogue::Choice, places::Position};

/// What is not said about the mileage.
pub(super) const NO_MILEAGE: u32 = u32::MAX;

/// One row per car, one vector per fact; 0 stands for "not said", a price of 0 for "not listed".
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub maker: Vec<u8>,
    pub body: Vec<u8>,
    pub engine: Vec<u8>,
    pub gearbox: Vec<u8>,
    pub color: Vec<u8>,
    pub model: Vec<u32>,
    pub options: Vec<u64>,
    pub price: Vec<u32>,
    pub year: Vec<u16>,
    pub mileage: Vec<u32>,
    pub power: Vec<u16>,
    pub seller: Vec<u32>,
    pub added: Vec<i64>,
    pub pictured: Vec<bool>,
    /// What buyers also ask, as [`details`] packs it.
    pub details: Vec<u32>,
    pub id: Vec<CarId>,
    pub version: Vec<i64>,
    pub text: Vec<u64>,
    /// Where it stands, as a point on the unit sphere; infinity = not said.
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    pub z: Vec<f32>,
    /// With which cars it is compared.
    pub group: Vec<u32>,
    pub models: Dictionary,
    pub sellers: Dictionary,
    pub groups: Groups,
}

fn code<C: Choice>(choice: Option<C>) -> u8 {
    choice.map_or(0, C::code)
}

impl Columns {
    /// Rows, listed or not.
    pub fn rows(&self) -> usize {
        self.id.len()
    }
    /// Adds a row that is not listed.
    pub fn push(&mut self, id: CarId) -> usize {
        let Columns { maker, body, engine, gearbox, color, .. } = self;
        for column in [maker, body, engine, gearbox, color] {
            column.push(0);
        }
        self.model.push(0);
        self.options.push(0);
        self.price.push(0);
        self.year.push(0);
        self.mileage.push(NO_MILEAGE);
        self.power.push(0);
        self.seller.push(0);
        self.added.push(0);
        self.pictured.push(false);
        self.details.push(0);
        self.id.push(id);
        self.version.push(i64::MIN);
        self.text.push(0);
        self.x.push(f32::INFINITY);
        self.y.push(f32::INFINITY);
        self.z.push(f32::INFINITY);
        self.group.push(0);
        self.id.len() - 1
    }
    /// Writes a row.
    pub fn set(&mut self, row: usize, car: &Listing, version: i64, text: u64) {
        self.maker[row] = car.maker.code();
        self.body[row] = code(car.body);
        self.engine[row] = code(car.engine);
        self.gearbox[row] = code(car.gearbox);
        self.color[row] = code(car.color);
        self.model[row] = car.model.as_deref().map_or(0, |m| self.models.intern(m));
        self.options[row] = car.options.bits();
        self.price[row] = car.price.max(1);
        self.year[row] = car.year;
        self.mileage[row] = car.mileage.unwrap_or(NO_MILEAGE);
        self.power[row] = car.power_ps.unwrap_or(0);
        self.seller[row] = self.sellers.intern(&car.seller);
        self.added[row] = car.added;
        self.pictured[row] = car.pictured;
        self.details[row] = details::pack(car);
        self.version[row] = version;
        self.text[row] = text;
        let position = car.position.unwrap_or(Position::NOWHERE);
        (self.x[row], self.y[row], self.z[row]) = (position.x, position.y, position.z);
        self.group[row] = self.groups.code(car, self.model[row]);
        self.groups.take(self.group[row], self.point(row), 1.0);
    }
    /// Takes a row out of every search.
    pub fn unlist(&mut self, row: usize) {
        self.groups.take(self.group[row], self.point(row), -1.0);
        self.price[row] = 0;
    }
    fn point(&self, row: usize) -> Option<Point> {
        Point::of(self.price[row], self.year[row], Some(self.mileage[row]).filter(|m| *m != NO_MILEAGE))
    }
    /// How far the price lies from that of like cars.
    pub fn deal(&self, row: usize) -> Option<i32> {
        match self.group[row] {
            0 => None,
            group => self.groups.deal(group, self.point(row)),
        }
    }
    /// What like cars say of the price.
    pub fn valuation(&self, row: usize) -> Option<Valuation> {
        self.listed(row).then(|| self.groups.valuation(self.group[row], self.point(row))).flatten()
    }
    /// What like cars cost, one row left out.
    pub fn estimate(&self, like: &Like, without: Option<usize>) -> Option<Estimate> {
        let without = without.filter(|row| self.listed(*row)).and_then(|row| Some((self.group[row], self.point(row)?)));
        self.groups.estimate(like, self.models.code(&like.model)?, without)
    }
    /// Whether a row is found at all.
    pub fn listed(&self, row: usize) -> bool {
        self.price[row] != 0
    }
    /// How far a row is from a place, in a measure that grows with the distance.
    fn chord(&self, row: usize, from: Option<Position>) -> Option<u64> {
        let chord = from?.squared_chord(self.x[row], self.y[row], self.z[row]);
        // The bits of floating-point numbers that are not negative are in their order.
        chord.is_finite().then(|| u64::from(chord.to_bits()))
    }
    /// What orders a row; `from` is where distances are counted from.
    pub fn key(&self, row: usize, sort: Sort, from: Option<Position>) -> u64 {
        sort.key(match sort.by {
            // Milliseconds leave the uppermost bits free.
            SortBy::Pictured => Some(u64::from(self.pictured[row]) << 62 | (self.added[row].max(0) as u64).min((1 << 62) - 1)),
            SortBy::Added => Some(self.added[row].max(0) as u64),
            SortBy::Price => Some(u64::from(self.price[row])),
            SortBy::Year => Some(u64::from(self.year[row])),
            SortBy::Deal => self.deal(row).map(valuation::key),
            SortBy::Distance => self.chord(row, from),
            SortBy::Mileage => Some(self.mileage[row]).filter(|m| *m != NO_MILEAGE).map(u64::from),
        })
    }
    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        let bytes = self.maker.capacity() * 5 + self.pictured.capacity() + (self.year.capacity() + self.power.capacity()) * 2;
        let words = (self.x.capacity() * 3
            + self.group.capacity()
            + self.model.capacity()
            + self.price.capacity()
            + self.mileage.capacity()
            + self.seller.capacity()
            + self.details.capacity())
            * 4;
        let longs = (self.options.capacity() + self.added.capacity() + self.version.capacity() + self.text.capacity()) * 8;
        bytes + words + longs + self.id.capacity() * 16 + self.models.bytes() + self.sellers.bytes() + self.groups.bytes()
    }
}
