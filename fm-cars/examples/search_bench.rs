//! Times the read model over generated cars: `cargo run --release --example search_bench -- 1000000`.

use fm_cars::{
    car::{CarId, YearMonth},
    catalogue::{Body, Choice, Color, EmissionClass, Engine, Gearbox, Maker, OptionSet},
    places::{self, Place},
    search::{Criteria, Index, Listing, Near, Range, ReadModel, Sort},
};
use std::{error::Error, hint::black_box, time::Instant};

/// A small generator (splitmix64), so that the cars are the same on every run.
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

fn car(n: u64, random: &mut Random, places: &[Place]) -> Option<Listing> {
    let maker = Maker::of_code(random.skewed(40) as u8 + 1)?;
    let models = maker.models();
    let model = models[random.skewed(models.len() as u64) as usize];
    let year = 1995 + random.below(30) as u16;
    let words = (0..6).map(|_| format!("word{}", random.skewed(50_000))).collect::<Vec<_>>().join(" ");
    Some(Listing {
        id: CarId::of_bits(u128::from(random.next()) << 64 | u128::from(n)),
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
        position: Some(places[random.below(places.len() as u64) as usize].position()),
        emission_class: random.maybe::<EmissionClass>(),
        doors: Some(2 + random.below(4) as u8),
        seats: Some(2 + random.below(6) as u8),
        owners: Some(1 + random.skewed(6) as u8),
        inspection_until: Some(YearMonth { year: 2025 + random.below(4) as u16, month: 1 + random.below(12) as u8 }),
        unrepaired_damage: Some(random.below(20) == 0),
        text: format!("{} {} {year} {words}", maker.label(), model.label),
    })
}

fn questions() -> Vec<(&'static str, Criteria)> {
    let all = Criteria::default();
    let maker = |m: &str| Maker::parse(m).into_iter().collect::<Vec<_>>();
    let mut options = OptionSet::default();
    options.insert("abs");
    vec![
        ("everything", all.clone()),
        ("one maker", Criteria { makers: maker("audi"), ..all.clone() }),
        ("maker and model", Criteria { makers: maker("volkswagen"), models: vec!["golf".into()], ..all.clone() }),
        ("up to a price", Criteria { price: Range { from: None, to: Some(9_000) }, ..all.clone() }),
        (
            "seven filters",
            Criteria {
                makers: [maker("audi"), maker("bmw")].concat(),
                colors: vec![Color::Black, Color::Blue],
                engines: vec![Engine::Diesel],
                gearboxes: vec![Gearbox::Manual],
                bodies: vec![Body::Estate, Body::Sedan],
                options,
                price: Range { from: Some(500), to: Some(20_000) },
                ..all.clone()
            },
        ),
        (
            "what buyers ask",
            Criteria {
                emission_classes: vec![EmissionClass::Euro5, EmissionClass::Euro6],
                doors: Range { from: Some(4), to: None },
                seats: Range { from: Some(5), to: None },
                owners: Range { from: None, to: Some(2) },
                inspected: Some(YearMonth { year: 2026, month: 11 }),
                undamaged: true,
                ..all.clone()
            },
        ),
        ("a common word", Criteria { text: Some("audi".into()), ..all.clone() }),
        ("a beginning", Criteria { text: Some("word12".into()), ..all.clone() }),
        ("within 50 km", Criteria { near: near(Some(50)), ..all.clone() }),
        ("nearest first", Criteria { near: near(None), ..all.clone() }),
        ("maker, 50 km", Criteria { makers: maker("volkswagen"), models: vec!["golf".into()], near: near(Some(50)), ..all.clone() }),
        ("a seller", Criteria { seller: Some("user-7".into()), ..all }),
    ]
}

fn near(within: Option<u32>) -> Option<Near> {
    places::find("Berlin").map(|place| Near { position: place.position(), within })
}

fn times(runs: usize, mut f: impl FnMut()) -> (f64, f64) {
    let mut all: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[(all.len() * 99 / 100).min(all.len() - 1)])
}

fn main() -> Result<(), Box<dyn Error>> {
    let n: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |a| a.parse())?;
    let runs = std::env::args().nth(2).map_or(Ok(200), |a| a.parse())?;
    let (mut random, mut index) = (Random(1), Index::new());
    let places: Vec<Place> = (0..10).flat_map(|digit| places::suggest(&digit.to_string(), usize::MAX)).collect();
    let start = Instant::now();
    for i in 0..n {
        if let Some(car) = car(i, &mut random, &places) {
            index.put(car, 1);
        }
    }
    let per_car = index.bytes() as f64 / n.max(1) as f64;
    println!("{n} cars taken in within {:.1} s, {per_car:.0} bytes a car\n", start.elapsed().as_secs_f64());
    println!("{:<18} {:>9}   {:>19}   {:>19}   {:>19}", "milliseconds", "cars", "facets p50 / p99", "page p50 / p99", "count p50 / p99");
    let (mut worst_facets, mut worst_page) = (0.0_f64, 0.0_f64);
    for (name, c) in questions() {
        let facets = times(runs, || drop(black_box(index.facets(&c))));
        let sort = Sort::parse(if c.near.is_some() { "distance" } else { "price" }).unwrap_or_default();
        let page = times(runs, || drop(black_box(index.page(&c, sort, 0, 20))));
        let count = times(runs, || {
            black_box(index.count(&c));
        });
        let two = |t: (f64, f64)| format!("{:.2} / {:.2}", t.0, t.1);
        println!("{name:<18} {:>9}   {:>19}   {:>19}   {:>19}", index.count(&c), two(facets), two(page), two(count));
        (worst_facets, worst_page) = (worst_facets.max(facets.1), worst_page.max(page.1));
    }
    println!("\nworst p99: facets {worst_facets:.2} ms, page of 20 in order {worst_page:.2} ms");
    Ok(())
}
