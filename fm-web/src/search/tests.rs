use super::{
    Search, Unknown,
    field::MAX_VALUES,
    query::{LAST_PAGE, LONGEST_TEXT},
};
use crate::text::Lang;

#[test]
fn valid_filters_are_kept_and_appear_in_the_address() {
    let href = Search::parse(Lang::En, "maker=bmw&maker=audi&price_to=9000&q=no+rust&sort=price&page=3&view=list&per_page=48").href();
    assert_eq!(href, "/cars?q=no+rust&maker=bmw&maker=audi&price_to=9000&sort=price&per_page=48&view=list&page=3");
    assert_eq!(Search::parse(Lang::En, href.split_once('?').unwrap().1).href(), href);
}

#[test]
fn invalid_values_are_left_out() {
    for query in [
        "",
        "page=0&page=-1&page=x",
        "price_from=0&price_to=abc&year_from=1.5&mileage_to=-1&power_from=99999999999999999999",
        "body=boat&color=%00&engine=&gearbox[]=manual&maker=%3Cscript%3E&option=a+b",
        "sort=price;drop&per_page=5000&view=carousel&utm_source=x&=&&&%",
        "seller=../../etc&model=%20%20",
        "%ff%fe=%ff&maker=%ff",
    ] {
        assert_eq!(Search::parse(Lang::En, query), Search::default(), "{query}");
    }
}

#[test]
fn a_place_has_a_radius_and_an_order_and_takes_them_with_it() {
    let near = Search::parse(Lang::En, "near=10115+Berlin&sort=distance");
    assert_eq!((near.near.as_str(), near.radius, near.sort), ("10115 Berlin", 50, "distance"));
    assert_eq!(near.href(), "/cars?near=10115+Berlin&radius=50&sort=distance");
    assert_eq!(near.without("near", ""), Search::default());
    for query in ["radius=20&sort=distance", "near=&radius=20", "near=%20", "near=%ff&radius=10"] {
        assert_eq!(Search::parse(Lang::En, query), Search::default(), "{query}");
    }
    for (query, named) in [
        ("near=Ulm&radius=0", "radius=0"),
        ("near=Ulm&radius=1001", "radius=1001"),
        ("near=Ulm&radius=wide", "radius=wide"),
        ("near=%ff", "near=\u{fffd}"),
        ("near=Ulm&radius=70", ""),
    ] {
        assert_eq!(unknown(query), named, "{query}");
    }
    let radii = |query: &str| Search::parse(Lang::En, query).radii().into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(radii("near=Ulm&radius=70"), ["10", "20", "", "70", "100", "200", "500"]);
}

#[test]
fn limits_the_wrong_way_round_are_turned() {
    assert_eq!(Search::parse(Lang::En, "year_from=2020&year_to=2010").range("year"), (Some(2010), Some(2020)));
}

#[test]
fn a_filter_can_be_taken_off_and_takes_the_page_with_it() {
    let search = Search::parse(Lang::En, "maker=bmw&maker=audi&model=3er&price_from=1&price_to=5&page=7&q=x");
    assert_eq!(search.without("maker", "bmw").href(), "/cars?q=x&maker=audi&price_from=1&price_to=5");
    assert_eq!(search.without("price", "").without("q", "").href(), "/cars?maker=bmw&maker=audi&model=3er");
    assert_eq!(search.without("price_to", "").range("price"), (Some(1), None));
}

#[test]
fn the_number_of_filter_values_is_bounded() {
    let query = (0..400).map(|i| format!("maker=m{i}")).collect::<Vec<_>>().join("&");
    assert_eq!(Search::parse(Lang::En, &query).list("maker").len(), MAX_VALUES);
    assert_eq!(Search::parse(Lang::En, &format!("q={}", "ä".repeat(5000))).text.chars().count(), LONGEST_TEXT);
}

fn unknown(query: &str) -> String {
    let all = Search::read(Lang::En, query).1;
    all.iter().map(|u| format!("{}={}", u.name, u.value)).collect::<Vec<_>>().join(" ")
}

#[test]
fn values_that_a_parameter_does_not_have_are_named() {
    for (query, named) in [
        ("maker=bmw&price_to=9000&sort=price&page=2&per_page=48&view=list&utm_source=x", ""),
        ("maker=&price_from=&q=&page=", ""),
        ("body=boat&color=plaid", "body=boat color=plaid"),
        ("price_from=abc&year_to=1.5&mileage_from=9e9", "price_from=abc year_to=1.5 mileage_from=9e9"),
        ("sort=luck&page=x&per_page=5000&view=carousel", "sort=luck page=x per_page=5000 view=carousel"),
        ("page=0", "page=0"),
        ("page=-7", "page=-7"),
        ("maker=%ff%fe&q=%c3", "maker=\u{fffd}\u{fffd} q=\u{fffd}"),
        ("q=a%00b", ""),
        ("q=%00", "q="),
        ("price_to=5000&price_to=7000&page=2&page=3", "price_to=5000 page=2"),
        ("price_to=5000&price_to=5000&maker=bmw&maker=audi", ""),
    ] {
        assert_eq!(unknown(query), named, "{query}");
    }
}

#[test]
fn a_limit_that_every_car_keeps_is_none_and_one_that_none_can_keep_is_named() {
    for (query, named) in [
        ("price_from=0&year_from=0&mileage_from=-5", ""),
        ("price_to=99999999999999999999999&year_to=9999", ""),
        ("price_from=99999999999999999999999", "price_from=99999999999999999999999"),
        ("price_to=0&year_to=1000", "price_to=0 year_to=1000"),
    ] {
        assert_eq!((unknown(query).as_str(), Search::parse(Lang::En, query)), (named, Search::default()), "{query}");
    }
}

#[test]
fn a_huge_page_number_is_a_page_behind_the_last() {
    for query in ["page=9999999", "page=99999999999999999999999999"] {
        assert_eq!((unknown(query).as_str(), Search::parse(Lang::En, query).page), ("", LAST_PAGE), "{query}");
    }
}

#[test]
fn a_flood_of_unknown_values_is_not_all_repeated() {
    let query = (0..400).map(|i| format!("body=b{i}")).collect::<Vec<_>>().join("&");
    assert_eq!(Search::read(Lang::En, &query).1.len(), 5);
    assert!(Search::read(Lang::En, &format!("color={}", "x".repeat(5000))).1[0].value.len() < 200);
}

#[test]
fn values_that_the_catalogue_does_not_have_are_taken_out() {
    let mut search = Search::parse(Lang::En, "maker=bmw&maker=xyz&q=a");
    let unknown = search.retain("maker", |m| m == "bmw");
    assert_eq!((search.href().as_str(), unknown), ("/cars?q=a&maker=bmw", vec![Unknown::new("maker", "xyz")]));
}

#[test]
fn limits_are_read_as_people_write_them() {
    for (lang, query, price) in [
        (Lang::De, "price_to=12.500", Some(12_500)),
        (Lang::De, "price_to=12.500,00+%E2%82%AC", Some(12_500)),
        (Lang::En, "price_to=12,500", Some(12_500)),
        (Lang::En, "price_to=12.500", None),
        (Lang::De, "price_to=12,5", None),
        (Lang::En, "price_to=5e3", None),
    ] {
        assert_eq!(Search::parse(lang, query).range("price").1, price, "{query}");
    }
}

#[test]
fn invisible_characters_do_not_reach_the_page() {
    let search = Search::parse(Lang::En, "q=Go%E2%80%8Blf%E2%80%AE+%00neu&model=I%E2%80%8Bsetta&model=Isetta");
    assert_eq!((search.text.as_str(), search.list("model")), ("Golf neu", &["Isetta".to_owned()][..]));
    assert_eq!(Search::parse(Lang::En, "q=%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9").text, "👨\u{200d}👩");
}
