use market_tests::{Document, Market, wait_until};
use serde_json::{Value, json};
use std::{fs, time::Duration};

#[test]
fn the_same_photo_on_two_ads_stays_with_the_one_that_is_left() {
    let market = Market::running();
    let photo = fs::read(Document::read(&market, "README.md").root.join("fm-image/tests/fixtures/progressive.jpg")).unwrap();
    let (seller, other) = (market.someone(), market.someone());
    let cars = [&seller, &seller, &other].map(|owner| (owner, owner.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned()));
    let files = cars.each_ref().map(|(owner, car)| {
        let images = owner.adds_pictures(car, &[&photo]);
        let key = images[0]["key"].as_str().unwrap().to_owned();
        ["thumb", "card", "full", "card.webp"].map(|size| format!("/images/{key}/{size}"))
    });
    let anyone = market.anyone();
    let before = files.each_ref().map(|files| files.each_ref().map(|file| anyone.get(file).expect(200).body));
    assert!(before[0] == before[1] && before[1] == before[2], "it is the same photo");

    for (gone, left) in [(0, [1, 2].as_slice()), (2, &[1])] {
        let (owner, car) = &cars[gone];
        owner.http.delete(&format!("/api/cars/{car}")).expect(204);
        for file in &files[gone] {
            wait_until("its picture is gone", Duration::from_secs(5), || anyone.get(file).status == 404);
        }
        for &ad in left {
            for (file, content) in files[ad].iter().zip(&before[ad]) {
                assert_eq!(&anyone.get(file).expect(200).body, content);
            }
            let shown: Value = anyone.get(&format!("/api/cars/{}", cars[ad].1)).expect(200).json();
            assert_eq!(shown["images"][0]["url"], files[ad][2].as_str());
        }
    }
}
