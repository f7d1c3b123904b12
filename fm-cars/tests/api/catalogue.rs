use crate::market;
use fm_sdk::testing::assert_routes_are_described;
use serde_json::Value;

#[actix_rt::test]
async fn every_list_has_values_and_labels() {
    let bus = market();
    bus.sign_out();
    for (list, n, value, label) in [
        ("makers", 40, "mercedes_benz", "Mercedes-Benz"),
        ("models?maker=bmw", 9, "3er", "3 Series"),
        ("engines", 7, "lpg", "Liquefied gas (LPG)"),
        ("bodies", 8, "suv", "SUV"),
        ("colors", 13, "grey", "Grey"),
        ("gearboxes", 2, "manual", "Manual"),
        ("options", 48, "abs", "Anti-lock brakes (ABS)"),
    ] {
        let answer: Value = bus.get(&format!("/api/catalogue/{list}")).await.json();
        let items = answer["items"].as_array().unwrap();
        assert_eq!(items.len(), n, "{list}");
        assert!(items.iter().any(|i| i["value"] == value && i["label"] == label), "{list}");
    }
    for query in ["", "?maker=vw", "?maker=bmw&year=1", "?maker=bmw&maker=audi"] {
        assert_eq!(bus.get(&format!("/api/catalogue/models{query}")).await.status, 400, "{query}");
    }
}

#[actix_rt::test]
async fn the_api_description_names_every_route_and_resolves_every_reference() {
    let api: Value = market().get("/openapi.json").await.json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_routes_are_described(&api, include_str!("../../src/routes/mod.rs"));
    let text = api.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(api["components"]["schemas"][name].is_object(), "{name}");
    }
    // What is described is what is read.
    let described = &api["components"]["schemas"]["NewCar"]["properties"];
    for field in described.as_object().unwrap().keys() {
        let json = format!("{{\"{field}\": null}}");
        assert!(serde_json::from_str::<fm_cars::car::CarInput>(&json).is_ok(), "{field}");
    }
}
