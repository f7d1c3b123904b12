use crate::People;
use market::{Person, Request, Result};
use serde_json::json;

/// Buyers write to sellers about their cars, and some get an answer. Written once, it is not written again.
///
/// # Errors
/// The sellers offer fewer cars than the demo lists, or the market refuses a message.
pub fn write_messages(people: &People) -> Result<()> {
    let [anna, ben, clara, elif] = ["anna", "ben", "clara", "elif"].map(|name| people.named(name));
    let (anna, ben, clara, elif) = (anna?, ben?, clara?, elif?);
    let [first, second, ..] = &offers(people.dealer())?[..] else { return Err("the dealer offers too few cars".into()) };
    let [of_anna, ..] = &offers(anna)?[..] else { return Err("anna offers no car".into()) };
    let [of_ben, ..] = &offers(ben)?[..] else { return Err("ben offers no car".into()) };

    let viewing = "Hello,\nis the car still there? I could come on Saturday morning.";
    let come = "Yes, it is. Saturday at ten would be fine; please bring your driving licence for a test drive.";
    write(ben, first, viewing, Some((people.dealer(), come)))?;
    write(clara, second, "When was the timing belt changed, and is there a receipt?", None)?;
    write(clara, of_anna, "Would you take 500 less if I pick it up this week?", Some((anna, "I can meet you at 300.")))?;
    write(ben, of_anna, "Is the car accident-free?", None)?;
    write(elif, first, "Ist eine Inzahlungnahme meines Polos möglich?", None)?;
    write(anna, of_ben, "Guten Tag, hat das Auto eine Anhängerkupplung?", None)
}

/// Saves what some people look for, so that the cars that are listed afterwards are alerts for them, and remembers some cars.
///
/// # Errors
/// The market refuses a search.
pub fn save_searches(people: &People) -> Result<()> {
    let searches = [
        ("anna", "Estates up to 15,000", json!({ "body": ["estate"], "price_to": 15_000 })),
        ("ben", "Golf around Hamburg", json!({ "maker": ["volkswagen"], "model": ["golf"], "near": "Hamburg", "radius": 50 })),
        ("clara", "Cabrios", json!({ "body": ["convertible"] })),
        ("david", "Elektrisch oder Hybrid", json!({ "engine": ["electric", "hybrid"], "price_to": 20_000 })),
        ("elif", "Octavia with automatic", json!({ "maker": ["skoda"], "model": ["octavia"], "gearbox": ["automatic"] })),
    ];
    for (name, title, filters) in searches {
        let request = Request::new("POST", "/api/me/searches").json(&json!({ "name": title, "filters": filters }));
        people.named(name)?.http.call(&request)?.require(201)?;
    }
    Ok(())
}

/// Some people remember cars of others.
///
/// # Errors
/// The market refuses one of them.
pub fn remember_cars(people: &People) -> Result<()> {
    for (name, filters) in [("anna", "body=estate"), ("ben", "model=golf"), ("clara", "body=convertible")] {
        let person = people.named(name)?;
        let found = person.http.try_send("GET", &format!("/api/cars?{filters}&sort=price&per_page=4"), None)?.require(200)?.json();
        for id in found["items"].as_array().into_iter().flatten().filter_map(|car| car["id"].as_str()) {
            person.http.try_send("PUT", &format!("/api/me/favourites/{id}"), None)?.require(204)?;
        }
    }
    Ok(())
}

/// The ids of some cars that a person offers.
fn offers(seller: &Person) -> Result<Vec<String>> {
    let found = seller.http.try_send("GET", &format!("/api/cars?seller={}&per_page=2", seller.id), None)?.require(200)?.json();
    Ok(found["items"].as_array().into_iter().flatten().filter_map(|car| car["id"].as_str().map(str::to_owned)).collect())
}

fn write(buyer: &Person, car: &str, text: &str, answer: Option<(&Person, &str)>) -> Result<()> {
    let request = Request::new("POST", "/api/me/conversations").json(&json!({ "car_id": car, "text": text }));
    let conversation = buyer.http.call(&request.with("idempotency-key", format!("demo-{car}")))?.require(201)?.field("id");
    if let Some((seller, text)) = answer {
        let request = Request::new("POST", format!("/api/me/conversations/{conversation}/messages")).json(&json!({ "text": text }));
        seller.http.call(&request.with("idempotency-key", format!("demo-{car}")))?.require(201)?;
    }
    Ok(())
}
