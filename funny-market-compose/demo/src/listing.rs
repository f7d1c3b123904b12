use crate::{People, cars::DemoCar, pictures::files_of};
use market::{Person, Request, Result, picture};
use serde_json::{Value, json};
use std::{path::Path, sync::Mutex, thread};

/// Uploads at a time.
const UPLOADS: usize = 6;

/// Lists a car for this seller and returns its id. The same key again lists nothing twice.
///
/// # Errors
/// The market refuses the car.
pub fn list_car(seller: &Person, car: &Value, key: &str) -> Result<String> {
    let request = Request::new("POST", "/api/cars").with("idempotency-key", key).json(car);
    Ok(seller.http.call(&request)?.require(201)?.field("id"))
}

/// Lists all cars, each with its pictures from this folder and the prices that it had, and tells how many are listed so far. One that was
/// cut off goes on where it was.
///
/// # Errors
/// The market refuses a car, a price or a picture.
pub fn list_cars(people: &People, cars: &[DemoCar], pictures: &Path, progress: impl Fn(usize)) -> Result<()> {
    let mut uploads = Vec::with_capacity(cars.len());
    for (n, car) in cars.iter().enumerate() {
        let seller = people.seller(n);
        uploads.push((seller, list_with_history(seller, car, &format!("demo-car-{n}"))?, files_of(pictures, n)?));
        if (n + 1).is_multiple_of(20) || n + 1 == cars.len() {
            progress(n + 1);
        }
    }
    upload_in_parallel(uploads)
}

/// Lists a car for its first price, then asks for less, then for what it costs today.
fn list_with_history(seller: &Person, demo: &DemoCar, key: &str) -> Result<String> {
    let prices: Vec<Value> = demo.asked.iter().map(|price| json!(price)).chain([demo.car["price"].clone()]).collect();
    let mut first = demo.car.clone();
    first["price"] = prices[0].clone();
    let request = Request::new("POST", "/api/cars").with("idempotency-key", key).json(&first);
    let answer = seller.http.call(&request)?.require(201)?;
    let (id, price) = (answer.field("id"), answer.json()["price"].clone());
    // One that was listed before has come so far.
    for price in prices.iter().skip_while(|p| **p != price).skip(1) {
        let change = json!({ "price": price }).to_string();
        seller.http.try_send("PATCH", &format!("/api/cars/{id}"), Some(("application/json", change.as_bytes())))?.require(200)?;
    }
    Ok(id)
}

/// Marks those as sold that have found a buyer; before that, they get their pictures.
///
/// # Errors
/// The market refuses one of them.
pub fn sell_cars(people: &People, cars: &[DemoCar]) -> Result<()> {
    for (n, demo) in cars.iter().enumerate().filter(|(_, demo)| demo.sold) {
        let seller = people.seller(n);
        // The same key gives the car that was listed.
        let id = list_car(seller, &demo.car, &format!("demo-car-{n}"))?;
        seller.http.try_send("POST", &format!("/api/cars/{id}/sold"), None)?.require(200)?;
    }
    Ok(())
}

/// Uploads pictures to cars, some at a time. fm-image knows a picture that a car has already.
///
/// # Errors
/// The market refuses one of them; the others are uploaded nevertheless.
pub fn upload_in_parallel(uploads: Vec<(&Person, String, Vec<Vec<u8>>)>) -> Result<()> {
    let waiting = Mutex::new(uploads.into_iter());
    let work = || -> Result<()> {
        let mut first_error = None;
        while let Some((seller, car, files)) = waiting.lock().ok().and_then(|mut waiting| waiting.next()) {
            if let Err(error) = upload(seller, &car, &files) {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..UPLOADS).map(|_| scope.spawn(work)).collect();
        let results: Vec<_> =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err("an upload panicked".into()))).collect();
        results.into_iter().collect()
    })
}

fn upload(seller: &Person, car: &str, files: &[Vec<u8>]) -> Result<()> {
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let (kind, body) = picture::upload(&files);
    seller.http.try_send("POST", &format!("/api/cars/{car}/images"), Some((&kind, &body)))?.require(201)?;
    Ok(())
}
