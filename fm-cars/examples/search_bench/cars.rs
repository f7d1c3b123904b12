//! Cars that are the same on every run.

use fm_cars::{
    car::{CarId, YearMonth},
    catalogue::{Body, Choice, Color, EmissionClass, Engine, Gearbox, Maker, OptionSet},
    places::{self, Place},
    search::Listing,
};
use serde_json::json;
use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write},
};

/// A small generator (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    /// Small numbers more often than great ones, as makers and models are.
    fn skewed(&mut self, n: u64) -> u64 {
        self.below(n).min(self.below(n)).min(self.below(n))
    }
    fn maybe<C: Choice>(&mut self) -> Option<C> {
        (self.below(10) > 0).then(|| C::ALL[self.skewed(C::ALL.len() as u64) as usize])
    }
}

/// A car that the search can take in, and where it stands.
pub struct Generated {
    pub listing: Listing,
    pub place: Place,
}

/// So many cars.
pub fn cars(n: u64) -> impl Iterator<Item = Generated> {
    let places: Vec<Place> = (0..10).flat_map(|digit| places::suggest(&digit.to_string(), usize::MAX)).collect();
    let mut random = Random(1);
    (0..n).filter_map(move |n| car(n, &mut random, &places))
}

/// The number of a car: ids are in its order.
pub fn number(id: CarId) -> u64 {
    (id.bits() >> 64) as u64
}

fn car(n: u64, random: &mut Random, places: &[Place]) -> Option<Generated> {
    let maker = Maker::of_code(random.skewed(40) as u8 + 1)?;
    let models = maker.models();
    let model = models[random.skewed(models.len() as u64) as usize];
    let year = 1995 + random.below(30) as u16;
    let words = (0..6).map(|_| format!("word{}", random.skewed(50_000))).collect::<Vec<_>>().join(" ");
    let id = CarId::of_bits(u128::from(n) << 64 | u128::from(random.next()));
    let place = places[random.below(places.len() as u64) as usize];
    let listing = Listing {
        id,
        maker,
        model: Some(model.value.to_owned()),
        body: random.maybe::<Body>(),
        engine: random.maybe::<Engine>(),
        gearbox: random.maybe::<Gearbox>(),
        color: random.maybe::<Color>(),
        options: OptionSet::from_bits(random.next() & random.next() & random.next()),
        price: 100 + random.skewed(60_000) as u32,
        year,
        mileage: Some(random.below(250_000) as u32),
        power_ps: Some(50 + random.skewed(350) as u16),
        seller: format!("user-{}", random.below(20_000)),
        added: 1_700_000_000_000 + n as i64,
        pictured: random.below(10) > 0,
        position: Some(place.position()),
        emission_class: random.maybe::<EmissionClass>(),
        doors: Some(2 + random.below(4) as u8),
        seats: Some(2 + random.below(6) as u8),
        owners: Some(1 + random.skewed(6) as u8),
        inspection_until: Some(YearMonth { year: 2025 + random.below(4) as u16, month: 1 + random.below(12) as u8 }),
        unrepaired_damage: Some(random.below(20) == 0),
        text: format!("{} {} {year} {words}", maker.label(), model.label),
    };
    Some(Generated { listing, place })
}

/// Writes so many cars, one per line.
pub fn write(file: &str, n: u64) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(file)?);
    for Generated { listing: car, place } in cars(n) {
        let one = |value: Option<&'static str>| value.into_iter().collect::<Vec<_>>();
        let line = json!({
            "n": number(car.id),
            "values": {
                "maker": [car.maker.value()],
                "model": car.model.iter().collect::<Vec<_>>(),
                "color": one(car.color.map(Choice::value)),
                "engine": one(car.engine.map(Choice::value)),
                "gearbox": one(car.gearbox.map(Choice::value)),
                "body": one(car.body.map(Choice::value)),
                "option": car.options.values().collect::<Vec<_>>(),
            },
            "price": car.price,
            "added": car.added,
            "pictured": car.pictured,
            "lat": place.lat,
            "lon": place.lon,
            "text": car.text,
        });
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
