//! The index against the plain filter, over generated news and generated questions.

use super::*;
use crate::{
    car::YearMonth,
    catalogue::{Body, Choice, Color, EmissionClass, Engine, Gearbox, Maker, OptionSet},
    places::Position,
};
use proptest::{prelude::*, sample::select};

fn id(n: u8) -> CarId {
    CarId::of_bits(u128::from(n.reverse_bits()) << 64 | u128::from(n))
}
fn maker() -> impl Strategy<Value = Maker> {
    select(vec!["bmw", "audi", "other"]).prop_map(|m| Maker::parse(m).unwrap())
}
fn model() -> impl Strategy<Value = String> {
    select(vec!["3er", "a4", "free text"]).prop_map(str::to_owned)
}
fn choice<C: Choice + std::fmt::Debug>() -> impl Strategy<Value = C> {
    select(C::ALL[..2].to_vec())
}
fn options() -> impl Strategy<Value = OptionSet> {
    (0_u64..8).prop_map(|b| OptionSet::from_bits(b << 30))
}
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(select(vec!["golf", "gold", "neu", "TÜV", "1.6", "Käfer", "Ka\u{308}fer", "Kaefer"]), 0..4)
        .prop_map(|w| w.join("_"))
}
fn position() -> impl Strategy<Value = Position> {
    // Two in one town, two far away.
    select(vec![(52.52, 13.40), (52.50, 13.45), (48.14, 11.58), (-33.9, 18.4)]).prop_map(|(lat, lon)| Position::of(lat, lon))
}
fn near() -> impl Strategy<Value = Near> {
    let within = prop::option::of(select(vec![1_u32, 4, 50, 600, 20_000]));
    (position(), within).prop_map(|(position, within)| Near { position, within })
}
fn month() -> impl Strategy<Value = YearMonth> {
    select(vec!["2026-10", "2026-11", "2026-12", "2027-01"]).prop_map(|m| m.parse().unwrap())
}
type Details = (Option<EmissionClass>, Option<u8>, Option<u8>, Option<u8>, Option<YearMonth>, Option<bool>);
fn details() -> impl Strategy<Value = Details> {
    let count = |values: Vec<u8>| prop::option::of(select(values));
    (
        prop::option::of(choice()),
        count(vec![1, 5, 7]),
        count(vec![1, 7, 60]),
        count(vec![1, 2, 50]),
        prop::option::of(month()),
        any::<Option<bool>>(),
    )
}
fn seller() -> impl Strategy<Value = String> {
    select(vec!["u1", "u2", "u3"]).prop_map(str::to_owned)
}

prop_compose! {
    fn listing()(
        n in 0_u8..12, maker in maker(), model in prop::option::of(model()), body in prop::option::of(choice::<Body>()),
        engine in prop::option::of(choice::<Engine>()), gearbox in prop::option::of(choice::<Gearbox>()), color in prop::option::of(choice::<Color>()),
        options in options(), price in select(vec![1_u32, 2, 10_000_000]), year in select(vec![1886_u16, 2000, 2027]),
        rest in (prop::option::of(select(vec![0_u32, 7, 2_000_000])), prop::option::of(select(vec![1_u16, 90, 2500])), seller(), 0_i64..3, any::<bool>(), text(),
            prop::option::weighted(0.8, position()), details()),
    ) -> Listing {
        let (mileage, power_ps, seller, added, pictured, text, position, details) = rest;
        let (emission_class, doors, seats, owners, inspection_until, unrepaired_damage) = details;
        Listing {
            id: id(n), maker, model, body, engine, gearbox, color, options, price, year, mileage, power_ps, seller, added, pictured, text, position,
            emission_class, doors, seats, owners, inspection_until, unrepaired_damage,
        }
    }
}
fn range() -> impl Strategy<Value = Range> {
    let end = || prop::option::weighted(0.15, select(vec![0_u32, 1, 2, 7, 90, 2000, 2500, 2_000_000, 10_000_000, u32::MAX]));
    (end(), end()).prop_map(|(from, to)| Range { from, to })
}
/// Of something that is counted.
fn few() -> impl Strategy<Value = Range> {
    let end = || prop::option::weighted(0.15, select(vec![0_u32, 1, 2, 5, 7, 50, 60, 64, u32::MAX]));
    (end(), end()).prop_map(|(from, to)| Range { from, to })
}
fn some<T: std::fmt::Debug + Clone>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::option::weighted(0.4, prop::collection::vec(of, 0..3)).prop_map(Option::unwrap_or_default)
}
prop_compose! {
    fn criteria()(
        makers in some(maker()), models in some(select(vec!["3er", "a4", "unknown"]).prop_map(str::to_owned)), colors in some(choice()),
        engines in some(choice()), gearboxes in some(choice()), bodies in some(choice()), options in prop_oneof![Just(OptionSet::default()), options()],
        ranges in (range(), range(), range(), range()),
        ratings in some(select(Step::ALL.to_vec())),
        details in (prop::option::weighted(0.2, prop::collection::vec(choice(), 0..3)), few(), few(), few(), prop::option::weighted(0.2, month()), prop::bool::weighted(0.2)),
        text in prop::option::weighted(0.3, select(vec!["gol", "golf neu", "tuv", "!", "1 6", "g", "none", "käf", "kaefer"]).prop_map(str::to_owned)),
        seller in prop::option::weighted(0.2, select(vec!["u1", "u9"]).prop_map(str::to_owned)),
        near in prop::option::weighted(0.4, near()),
    ) -> Criteria {
        let (price, year, mileage, power) = ranges;
        let (emission_classes, doors, seats, owners, inspected, undamaged) = details;
        Criteria {
            makers, models, colors, engines, gearboxes, bodies, options, price, year, mileage, power, ratings, text, seller, near,
            emission_classes: emission_classes.unwrap_or_default(), doors, seats, owners, inspected, undamaged,
        }
    }
}
fn sort() -> impl Strategy<Value = Sort> {
    let words = select(Sort::WORDS).prop_map(|w| Sort::parse(w).unwrap());
    prop_oneof![1 => Just(Sort::default()), 4 => words]
}

#[derive(Clone, Debug)]
enum News {
    Put(Listing, i64),
    Remove(u8, i64),
}
fn news() -> impl Strategy<Value = News> {
    prop_oneof![6 => (listing(), 0_i64..8).prop_map(|(l, v)| News::Put(l, v)), 1 => (0_u8..12, 0_i64..8).prop_map(|(n, v)| News::Remove(n, v))]
}
fn tell(model: &mut dyn ReadModel, news: &[News]) {
    for n in news.iter().cloned() {
        match n {
            News::Put(listing, version) => model.put(listing, version),
            News::Remove(n, version) => model.remove(id(n), version),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_index_gives_the_results_of_a_linear_filter(
        news in prop::collection::vec(news(), 0..40), criteria in criteria(), sort in sort(), offset in 0_usize..8, limit in 0_usize..8,
    ) {
        let (mut index, mut plain) = (Index::new(), Plain::default());
        tell(&mut index, &news);
        tell(&mut plain, &news);
        prop_assert_eq!(index.len(), plain.len());
        for c in [&criteria, &Criteria::default()] {
            prop_assert_eq!(index.count(c), plain.count(c));
            prop_assert_eq!(index.page(c, sort, offset, limit), plain.page(c, sort, offset, limit));
            prop_assert_eq!(index.facets(c), plain.facets(c));
        }
        for n in 0..12 {
            prop_assert_eq!(index.version(id(n)), plain.version(id(n)));
        }
    }
    #[test]
    fn events_may_arrive_out_of_order_and_twice(news in prop::collection::vec(listing(), 1..20), seed: u64) {
        // Versions are unique per car, as the store makes them.
        let news: Vec<_> = news.into_iter().enumerate().map(|(v, l)| News::Put(l, v as i64)).collect();
        let mut shuffled: Vec<_> = news.iter().chain(&news).cloned().collect();
        let n = shuffled.len();
        for i in 0..n {
            shuffled.swap(i, (seed as usize).wrapping_mul(i + 7) % n);
        }
        let (mut a, mut b) = (Index::new(), Index::new());
        tell(&mut a, &news);
        tell(&mut b, &shuffled);
        let all = |m: &Index| (m.page(&Criteria::default(), Sort::default(), 0, 100), m.facets(&Criteria::default()));
        prop_assert_eq!(all(&a), all(&b));
    }
}

prop_compose! {
    /// A car of one of two groups, so that there are peers.
    fn comparable()(n in 0_u8..30, model in select(vec!["3er", "a4", "other"]), price in select(vec![150_u32, 5_000, 9_000, 9_100, 12_000]), year in 2010_u16..2014,
        mileage in prop::option::weighted(0.9, select(vec![40_000_u32, 90_000, 95_000])), added in 0_i64..3) -> Listing {
        Listing { id: id(n), model: Some(model.into()), price, year, mileage, added, ..any_listing(0) }
    }
}
proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn incremental_ratings_equal_those_of_a_fit_from_scratch(
        news in prop::collection::vec((comparable(), 0_i64..8), 20..70), gone in prop::collection::vec(0_u8..30, 0..5),
        ratings in some(select(Step::ALL.to_vec())), descending: bool,
    ) {
        let (mut index, mut plain) = (Index::new(), Plain::default());
        let news: Vec<_> = news.into_iter().map(|(l, v)| News::Put(l, v)).chain(gone.into_iter().map(|n| News::Remove(n, 9))).collect();
        tell(&mut index, &news);
        tell(&mut plain, &news);
        let criteria = Criteria { ratings, ..Criteria::default() };
        let sort = Sort { by: SortBy::Deal, descending };
        prop_assert_eq!(index.page(&criteria, sort, 0, 40), plain.page(&criteria, sort, 0, 40));
        prop_assert_eq!(index.facets(&criteria), plain.facets(&criteria));
        for n in 0..30 {
            let told = |m: &dyn ReadModel| m.valuation(id(n)).map(|v| (v.deal, v.peers));
            prop_assert_eq!(told(&index), told(&plain));
            let like = Like { maker: Maker::parse("bmw").unwrap(), model: "3er".into(), engine: None, year: 2012, mileage: 90_000 };
            let told = |m: &dyn ReadModel| m.estimate(&like, Some(id(n))).map(|e| (e.price(), e.peers));
            prop_assert_eq!(told(&index), told(&plain));
        }
    }
}

fn any_listing(n: u8) -> Listing {
    Listing {
        id: id(n),
        maker: Maker::parse("bmw").unwrap(),
        model: None,
        body: None,
        engine: None,
        gearbox: None,
        color: None,
        options: OptionSet::default(),
        price: 1,
        year: 2000,
        mileage: None,
        power_ps: None,
        emission_class: None,
        doors: None,
        seats: None,
        owners: None,
        inspection_until: None,
        unrepaired_damage: None,
        seller: "u1".into(),
        added: 0,
        pictured: false,
        position: None,
        text: "a car".into(),
    }
}

#[test]
fn blocks_meet_without_a_gap() {
    let mut index = Index::new();
    let total = scan::BLOCK * 2 + 3;
    for n in 0..total {
        index.put(Listing { id: CarId::of_bits(n as u128), price: n as u32 + 1, ..any_listing(0) }, 1);
    }
    let all = index.page(&Criteria::default(), Sort { by: SortBy::Price, descending: false }, scan::BLOCK - 2, 4);
    assert_eq!(all.total, total as u64);
    assert_eq!(all.ids, (scan::BLOCK - 2..scan::BLOCK + 2).map(|n| CarId::of_bits(n as u128)).collect::<Vec<_>>());
    let words = Criteria { text: Some("car".into()), ..Criteria::default() };
    assert_eq!((index.count(&words), index.facets(&words).total), (total as u64, total as u64));
}
#[test]
fn a_rebuild_misses_no_event_and_keeps_serving() {
    let shared = Shared::new();
    shared.put(any_listing(1), 1);
    shared.put(any_listing(2), 1);
    let refill = shared.refill().unwrap();
    assert!(shared.refill().is_none(), "one refill at a time");
    shared.remove(id(2), 2);
    shared.put(any_listing(3), 1);
    assert_eq!(shared.len(), 2);
    // The store's pages were read before the news: car 2 is still in them, car 3 is not yet.
    refill.put_all([(any_listing(1), 1), (any_listing(2), 1)]);
    assert_eq!(refill.finish(), 2);
    assert_eq!((shared.len(), shared.version(id(2)), shared.version(id(3))), (2, Some(2), Some(1)));
    drop(shared.refill().unwrap());
    assert_eq!(shared.len(), 2, "an unfinished refill changes nothing");
}
#[test]
fn deleted_rows_are_counted() {
    let mut index = Index::new();
    for version in 0..5 {
        index.put(Listing { text: format!("text {version}"), ..any_listing(1) }, version);
    }
    assert_eq!((index.len(), index.waste()), (1, 4));
    index.put(Listing { price: 5, text: "text 4".into(), ..any_listing(1) }, 9);
    assert_eq!((index.len(), index.waste()), (1, 4), "the same text keeps its row");
    index.remove(id(1), 10);
    assert_eq!((index.len(), index.waste()), (0, 5));
}
