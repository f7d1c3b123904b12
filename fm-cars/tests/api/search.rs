use crate::{create, fields, ids, market};
use serde_json::{Value, json};

#[actix_rt::test]
async fn filters_words_order_and_pages_work_together() {
    let bus = market();
    let cheap = create(&bus, json!({"price": 1000, "mileage": 200_000, "color": "red", "description": "Tüv neu"})).await;
    let dear = create(&bus, json!({"price": 9000, "maker": "bmw", "model": "3er", "color": "blue", "mileage": 10})).await;
    let bare = create(&bus, json!({"price": 5000, "maker": "audi", "model": "Sport Quattro"})).await;
    for (query, expected) in [
        ("sort=price", vec![&cheap, &bare, &dear]),
        ("sort=-price", vec![&dear, &bare, &cheap]),
        ("sort=mileage", vec![&dear, &cheap, &bare]),
        ("sort=-mileage", vec![&cheap, &dear, &bare]),
        ("sort=price&per_page=1&page=2", vec![&bare]),
        ("sort=price&page=9", vec![]),
        ("color=red&color=blue&sort=price", vec![&cheap, &dear]),
        ("maker=bmw&color=red", vec![]),
        ("model=Sport+Quattro", vec![&bare]),
        ("price_from=1000&price_to=5000&sort=price", vec![&cheap, &bare]),
        ("mileage_to=2000000&sort=price", vec![&cheap, &dear]),
        ("q=tuv", vec![&cheap]),
        ("q=bmw+3+ser", vec![&dear]),
        ("q=quattro+golf", vec![]),
        ("seller=u2", vec![]),
        ("seller=u1&year_from=2009&year_to=2009&sort=price", vec![&cheap, &bare, &dear]),
        ("price_from=&q=&sort=price&maker=audi", vec![&bare]),
    ] {
        let found = ids(&bus.get(&format!("/api/cars?{query}")).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let page: Value = bus.get("/api/cars?sort=price&per_page=1&page=2").await.json();
    assert_eq!((&page["total"], &page["page"], &page["per_page"]), (&json!(3), &json!(2), &json!(1)));
}

#[actix_rt::test]
async fn cars_are_found_by_what_buyers_also_ask() {
    let bus = market();
    let family = json!({"price": 3, "emission_class": "euro_6", "doors": 5, "seats": 7, "owners": 1, "inspection_until": "2199-01", "unrepaired_damage": false});
    let family = create(&bus, family).await;
    let wreck = json!({"price": 2, "emission_class": "euro_3", "doors": 3, "seats": 4, "owners": 4, "inspection_until": "2001-01", "unrepaired_damage": true});
    let wreck = create(&bus, wreck).await;
    // What an ad does not say is no promise.
    let silent = create(&bus, json!({"price": 1})).await;
    for (query, expected) in [
        ("emission_class=euro_6", vec![&family]),
        ("emission_class=euro_3&emission_class=euro_6", vec![&wreck, &family]),
        ("emission_class=euro_1", vec![]),
        ("doors_from=4", vec![&family]),
        ("doors_to=60", vec![&wreck, &family]),
        ("seats_from=5&seats_to=7", vec![&family]),
        ("seats_from=4294967295", vec![]),
        ("owners_to=1", vec![&family]),
        ("owners_from=0&owners_to=4", vec![&wreck, &family]),
        ("inspected=true", vec![&family]),
        ("undamaged=true", vec![&family]),
        ("inspected=false&undamaged=false", vec![&silent, &wreck, &family]),
        ("emission_class=euro_6&doors_from=5&seats_from=7&owners_to=1&inspected=true&undamaged=true", vec![&family]),
        ("emission_class=euro_6&doors_from=5&seats_from=8&owners_to=1&inspected=true&undamaged=true", vec![]),
    ] {
        let found = ids(&bus.get(&format!("/api/cars?sort=price&{query}")).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        let count: Value = bus.get(&format!("/api/cars/count?{query}")).await.json();
        assert_eq!(count["count"], json!(expected.len()), "{query}");
    }
    for (query, code, wrong) in [
        ("emission_class=euro_9", "invalid", "emission_class[0]"),
        ("doors_from=-1", "malformed", "doors_from"),
        ("inspected=yes", "malformed", "inspected"),
        ("undamaged=1", "malformed", "undamaged"),
    ] {
        let reply = bus.get(&format!("/api/cars?{query}")).await;
        assert_eq!((reply.status, reply.code().as_str(), fields(&reply)), (400, code, vec![wrong.to_owned()]), "{query}");
    }
}

#[actix_rt::test]
async fn each_facet_is_counted_with_all_filters_but_its_own() {
    let bus = market();
    create(&bus, json!({"color": "red", "options": ["abs"]})).await;
    create(&bus, json!({"color": "blue", "options": ["abs", "esp"]})).await;
    create(&bus, json!({"maker": "bmw", "model": "3er", "color": "red"})).await;
    let all: Value = bus.get("/api/cars/facets?color=red&maker=bmw&sort=price&page=2").await.json();
    assert_eq!(all["total"], 1);
    assert_eq!(all["facets"]["maker"], json!([{"value": "bmw", "count": 1}, {"value": "volkswagen", "count": 1}]));
    assert_eq!(all["facets"]["color"], json!([{"value": "red", "count": 1}]));
    assert_eq!((&all["facets"]["model"], &all["facets"]["option"]), (&json!([{"value": "3er", "count": 1}]), &json!([])));
    let volkswagen: Value = bus.get("/api/cars/facets?option=esp&option=abs").await.json();
    assert_eq!(volkswagen["facets"]["option"], json!([{"value": "abs", "count": 2}, {"value": "esp", "count": 1}]));
}

#[actix_rt::test]
async fn a_query_that_is_not_understood_is_refused_with_its_parameter() {
    let bus = market();
    for path in ["/api/cars", "/api/cars/count", "/api/cars/facets"] {
        for (query, code, wrong) in [
            ("colour=red", "malformed", "colour"),
            ("price_from=cheap", "malformed", "price_from"),
            ("price_from=-1", "malformed", "price_from"),
            ("price_from=1&price_from=2", "malformed", "price_from"),
            ("page=0", "invalid", "page"),
            ("per_page=101", "invalid", "per_page"),
            ("page=99999999999", "malformed", "page"),
            ("sort=beauty", "invalid", "sort"),
            ("sort=--price", "invalid", "sort"),
            ("maker=vw", "invalid", "maker[0]"),
            ("color=red&color=pink", "invalid", "color[1]"),
            ("engine=", "invalid", "engine[0]"),
            ("option=wings", "invalid", "option[0]"),
        ] {
            let reply = bus.get(&format!("{path}?{query}")).await;
            assert_eq!((reply.status, reply.code().as_str(), fields(&reply)), (400, code, vec![wrong.to_owned()]), "{path}?{query}");
        }
        assert_eq!(bus.get(&format!("{path}?q={}", "x".repeat(201))).await.status, 400);
        let many = "color=red&".repeat(101);
        assert_eq!(fields(&bus.get(&format!("{path}?{many}")).await), ["color"]);
        assert_eq!(bus.get(&format!("{path}?q=%FF")).await.code(), "malformed");
        assert_eq!(bus.get(&format!("{path}?page=4294967295&per_page=100&q=%F0%9F%9A%97%00")).await.status, 200);
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

#[actix_rt::test]
async fn a_word_is_found_in_any_encoding_and_spelling() {
    let bus = market();
    let composed = create(&bus, json!({"description": "Käfer Straße Fließheck"})).await;
    let decomposed = create(&bus, json!({"description": "Ka\u{308}fer Strasse ﬂiessheck"})).await;
    let spelt = create(&bus, json!({"description": "Kaefer STRASSE Fliess\u{ad}heck\u{202e}"})).await;
    let greek = create(&bus, json!({"description": "Φίατ ΟΔΟΣ"})).await;
    let all = [&composed, &decomposed, &spelt];
    for (query, expected) in [
        ("käfer", &all[..]),
        ("ka\u{308}fer", &all),
        ("KAEFER", &all),
        ("kafer strasse", &all),
        ("straße", &all),
        ("ﬂießheck", &all),
        ("käf", &all),
        ("φιατ οδός", &[&greek]),
        ("kefir", &[]),
    ] {
        let mut found = ids(&bus.get(&format!("/api/cars?q={}", encoded(query))).await);
        let mut expected: Vec<_> = expected.iter().map(|id| (*id).clone()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
}

#[actix_rt::test]
async fn models_that_look_alike_are_one_value_of_the_facet() {
    let bus = market();
    for model in ["Isetta", "I\u{200b}setta", "\u{202e}Isetta\u{202c}", "Ｉｓｅｔｔａ", "Iset\u{ad}ta", " Isetta\u{feff}"] {
        create(&bus, json!({"maker": "bmw", "model": model})).await;
    }
    let found: Value = bus.get("/api/cars/facets").await.json();
    assert_eq!(found["facets"]["model"], json!([{"value": "Isetta", "count": 6}]));
    assert_eq!(ids(&bus.get(&format!("/api/cars?model={}", encoded("Iset\u{200d}ta"))).await).len(), 6);
}

#[actix_rt::test]
async fn a_description_keeps_lines_and_emoji_and_loses_invisible_characters() {
    let bus = market();
    let id = create(&bus, json!({"description": "a\u{202e}b\r\n👨\u{200d}👩\u{200d}👧\u{200b}\u{0}"})).await;
    let car: Value = bus.get(&format!("/api/cars/{id}")).await.json();
    assert_eq!(car["description"], "ab\n👨\u{200d}👩\u{200d}👧");
}
