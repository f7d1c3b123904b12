//! Times the read model over generated cars: `cargo run --release --example search_bench -- [CARS] [RUNS]`.
//!
//! `write FILE CARS` writes such cars for others, `answer CARS` answers questions about them, line by line: for `scripts/bench`, which
//! compares the read model with other libraries.

mod answer;
mod cars;

use cars::cars;
use fm_cars::{
    car::YearMonth,
    catalogue::{Body, Color, EmissionClass, Engine, Gearbox, Maker, OptionSet},
    places,
    search::{Criteria, Index, Near, Range, ReadModel, Sort},
};
use std::{error::Error, hint::black_box, time::Instant};

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
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", file, n] => cars::write(file, n.parse()?),
        ["answer", n] => answer::run(n.parse()?),
        ref numbers => {
            let number = |at: usize, default| numbers.get(at).map_or(Ok(default), |a| a.parse());
            times_of_all(number(0, 1_000_000)?, number(1, 200)? as usize)
        }
    }
}

fn times_of_all(n: u64, runs: usize) -> Result<(), Box<dyn Error>> {
    let mut index = Index::new();
    let start = Instant::now();
    cars(n).for_each(|car| index.put(car.listing, 1));
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
