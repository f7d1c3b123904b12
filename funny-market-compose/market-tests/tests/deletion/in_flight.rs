//! What is on its way when the deletion comes does not stay behind it.

use crate::scene::{Scene, TIMEOUT, id};
use market_tests::{Person, form, wait_until};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::Duration,
};

/// A request that is sent, and not answered yet.
struct Begun(TcpStream);

impl Begun {
    /// `call` is method and path.
    fn send(scene: &Scene, part: &str, call: &str, (kind, body): (&str, &[u8])) -> Self {
        let address = scene.market.address(part);
        let authority = address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let (token, length) = (&scene.seller.access_token, body.len());
        write!(stream, "{call} HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {token}\r\n").unwrap();
        write!(stream, "content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").unwrap();
        stream.write_all(body).unwrap();
        Begun(stream)
    }

    /// Status and body.
    fn answer(mut self) -> (u16, Value) {
        let mut text = String::new();
        self.0.read_to_string(&mut text).unwrap();
        let _ = self.0.shutdown(Shutdown::Both);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let json = body.find('{').and_then(|from| serde_json::from_str(&body[from..=body.rfind('}')?]).ok());
        (head.split(' ').nth(1).unwrap().parse().unwrap(), json.unwrap_or_default())
    }
}

#[test]
fn cars_that_are_being_created_when_the_deletion_comes_do_not_stay() {
    let scene = Scene::with_cars(2);
    scene.freeze("fm-cars");
    let car = json!({ "maker": "audi", "price": 5_000, "year": 2015 }).to_string();
    let creates: Vec<_> = ["cars", "gateway", "cars", "gateway"]
        .map(|part| Begun::send(&scene, part, "POST /api/cars", ("application/json", car.as_bytes())))
        .into_iter()
        .collect();
    let deletion = scene.delete();
    scene.thaw("fm-cars");
    let mut created = Vec::new();
    for create in creates {
        let (status, answer) = create.answer();
        match (status, answer["code"].as_str()) {
            (201, _) => created.push(id(&answer)),
            (401, Some("token-revoked")) | (403, Some("account-deleted")) => {}
            other => panic!("{other:?}"),
        }
    }
    println!("{} of 4 were created before the deletion was known", created.len());
    leaves_nothing(scene, &deletion, created);
}

#[test]
fn cars_that_are_created_all_the_time_do_not_stay() {
    for round in 0..3 {
        let scene = Scene::with_cars(2);
        let (made, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (mut created, mut deletion, mut late) = (Vec::new(), String::new(), 0);
        thread::scope(|scope| {
            let creators: Vec<_> = (0..3)
                .map(|n| {
                    let http = if n == 0 { scene.market.at("cars").bearing(&scene.seller.access_token) } else { scene.seller.http.clone() };
                    let (made, refused) = (&made, &refused);
                    scope.spawn(move || {
                        let mut created = Vec::new();
                        loop {
                            let answer = http.post("/api/cars", json!({ "maker": "audi", "price": 5_000, "year": 2015 }));
                            if answer.status != 201 {
                                assert!([401, 403].contains(&answer.status), "{answer:?}");
                                refused.fetch_add(1, Relaxed);
                                return created;
                            }
                            created.push(id(&answer.json()));
                            made.fetch_add(1, Relaxed);
                        }
                    })
                })
                .collect();
            wait_until("cars are being created", TIMEOUT, || made.load(Relaxed) >= 10 * (round + 1));
            deletion = scene.delete();
            late = made.load(Relaxed);
            // The registry has told everybody within a second that the tokens are revoked.
            wait_until("nobody creates any more", Duration::from_secs(10), || refused.load(Relaxed) == 3);
            late = made.load(Relaxed) - late;
            creators.into_iter().for_each(|creator| created.extend(creator.join().unwrap()));
        });
        println!("{} created, {late} of them after the 202", created.len());
        leaves_nothing(scene, &deletion, created);
    }
}

/// How many creates are under way at once: as many cars of refused ones may be counted, too.
const AT_ONCE: usize = 4;

/// The deletion counts cars that it found; each of those and of the others is gone, and that was said once.
fn leaves_nothing(mut scene: Scene, deletion: &str, created: Vec<String>) {
    let known = scene.cars.len();
    scene.cars.extend(created);
    wait_until("the deletion is done", TIMEOUT, || scene.state(deletion)["state"] == "done");
    let counted = scene.state(deletion)["cars_deleted"].as_u64().unwrap() as usize;
    assert!((known..=scene.cars.len() + AT_ONCE).contains(&counted), "{counted} of {known} to {}", scene.cars.len());
    scene.nothing_is_left(TIMEOUT);
    scene.was_said_once_of_refused_ones_too(counted as u64);
}

#[test]
fn pictures_that_are_being_uploaded_when_the_deletion_comes_do_not_stay() {
    let scene = Scene::with_cars(2);
    // A picture's address depends on its car and content only: taken off and sent again it is the same.
    let car = &scene.cars[1];
    let (kind, body) = form(&[&scene.photo()]);
    let key = scene.pictures[3].split('/').nth(2).unwrap();
    scene.seller.http.delete(&format!("/api/cars/{car}/images/{key}")).expect(204);
    wait_until("the picture is gone", TIMEOUT, || scene.get(&scene.pictures[3]) == 404);

    scene.freeze("fm-image");
    let call = format!("POST /api/cars/{car}/images");
    let uploads = ["image", "gateway"].map(|part| Begun::send(&scene, part, &call, (&kind, &body)));
    let deletion = scene.delete();
    wait_until("the deletion is done", TIMEOUT, || scene.state(&deletion)["state"] == "done");
    scene.thaw("fm-image");
    for upload in uploads {
        let (status, answer) = upload.answer();
        assert!([401, 403, 404].contains(&status), "{status} {answer}");
    }
    scene.is_done(&deletion);
    scene.nothing_is_left(TIMEOUT);
    scene.was_said_once(2);
}

#[test]
fn a_deletion_that_fm_profile_did_not_live_to_read_has_not_begun() {
    let scene = Scene::with_cars(2);
    let password = json!({ "password": scene.seller.password }).to_string();
    scene.freeze("fm-profile");
    let asked = ["profile", "gateway"].map(|part| Begun::send(&scene, part, "DELETE /api/me", ("application/json", password.as_bytes())));
    scene.kill("fm-profile");
    let [_, through_the_gateway] = asked;
    let (status, answer) = through_the_gateway.answer();
    assert!([502, 503, 504].contains(&status), "{status} {answer}");

    scene.revive();
    Person::sign_in(&scene.market, &scene.seller.username, &scene.seller.password);
    assert_eq!(scene.cars_left(), 2);
    assert!(scene.pictures.iter().all(|picture| scene.get(picture) == 200));
    let deletion = scene.delete();
    scene.is_done(&deletion);
    scene.nothing_is_left(TIMEOUT);
    scene.was_said_once(2);
}
