//! Calls that get no reply.

use super::{Broken, Scene, visitors::Visitors};
use amiquip::{Connection, ConsumerOptions};
use market_tests::picture;
use serde_json::json;
use std::mem;

/// A program that hangs takes every other call to fm-cars out of the queue, and sellers upload to fm-image.
pub fn calls_are_taken_and_not_answered(scene: &Scene) -> Broken {
    let sellers = uploads(scene, &scene.market.address("image"));
    let mut connection = Connection::insecure_open(&scene.market.address("bus")).unwrap();
    let channel = connection.open_channel(None).unwrap();
    // Nobody reads what is delivered; it goes back to the queue with the connection.
    mem::forget(channel.basic_consume("fm.fm-cars.calls", ConsumerOptions::default()).unwrap());
    Broken::until(move || {
        drop(channel);
        connection.close().unwrap();
        drop(sellers);
    })
}

/// Two sellers add pictures to a car of theirs, at this instance of fm-image.
fn uploads(scene: &Scene, url: &str) -> Visitors {
    let seller = scene.market.someone();
    let car = seller.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned();
    let (kind, body) = picture::upload(&[&picture::noise(3).unwrap()]);
    let http = scene.market.at_url(url).bearing(&seller.access_token);
    Visitors::who(2, move || drop(http.try_send("POST", &format!("/api/cars/{car}/images"), Some((&kind, &body)))))
}
