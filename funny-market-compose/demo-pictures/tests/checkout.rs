//! The shapes that the demo really uses: those of the web client, a repository of its own beside this one.

use demo_pictures::{Car, Shapes, jpeg, picture};
use std::fs;

#[test]
fn every_body_can_be_drawn_from_the_web_clients_shapes() {
    let shapes = Shapes::read(&fs::read_to_string("../../fm-web/assets/cars.svg").unwrap());
    for body in ["sedan", "estate", "suv", "coupe", "convertible", "van", "small", "other"] {
        let svg = picture(&Car { body: body.into(), color: "blue".into(), interior_color: None }, &shapes, 7, 1, 3).unwrap();
        assert!(jpeg(&svg).is_ok(), "{body}");
    }
}
