use crate::{ids, market};
use actix_web::test::TestRequest;
use fm_cars::{
    Cars,
    import::ImportPart,
    messages::{CarListed, DeleteAll, ImportRows},
};
use fm_sdk::testing::{HttpReply, MockBus};
use serde_json::{Value, json};

pub const HEADER: &str = "name,price,vehicleType,yearOfRegistration,gearbox,powerPS,model,odometer,monthOfRegistration,fuelType,brand,notRepairedDamage,dateCreated,postalCode\n";

/// Rows of which every fifth is refused.
fn file(rows: usize) -> String {
    let row = |i: usize| {
        let price = if i % 5 == 4 { "$0".to_owned() } else { format!("\"${},000\"", i % 9 + 1) };
        format!("Auto_{i},{price},kombi,2009,manuell,{},golf,\"70,000km\",3,benzin,volkswagen,nein,2016-03-26 00:00:00,1067\n", i % 200)
    };
    format!("{HEADER}{}", (0..rows).map(row).collect::<String>())
}
pub async fn import(bus: &MockBus<Cars>, file: impl Into<actix_web::web::Bytes>) -> HttpReply {
    bus.http(TestRequest::post().uri("/api/cars/import").insert_header(("content-type", "text/csv; charset=utf-8")).set_payload(file)).await
}
pub fn dealer() -> MockBus<Cars> {
    let bus = market();
    bus.sign_in("dealer", &["cars:write", "cars:import"]);
    bus
}
pub async fn report(bus: &MockBus<Cars>, started: &HttpReply) -> Value {
    assert_eq!(started.status, 202, "{}", String::from_utf8_lossy(&started.body));
    let url = started.json::<Value>()["status_url"].as_str().unwrap().to_owned();
    bus.get(&url).await.json()
}

#[actix_rt::test]
async fn every_row_is_accepted_or_refused_with_a_reason() {
    let bus = dealer();
    let started = import(&bus, file(333)).await;
    let report = report(&bus, &started).await;
    assert_eq!(
        (&report["state"], &report["read"], &report["accepted"], &report["refused"]),
        (&json!("done"), &json!(333), &json!(267), &json!(66))
    );
    assert_eq!(report["refusals"][0], json!({"line": 6, "reason": "price: 1 to 10000000"}));
    let lines: Vec<_> = report["refusals"].as_array().unwrap().iter().map(|r| r["line"].as_u64().unwrap()).collect();
    assert!(lines.is_sorted() && lines.len() == 66);
    assert_eq!(bus.published::<CarListed>().all().len(), 267);
    let facets: Value = bus.get("/api/cars/facets?seller=dealer").await.json();
    assert_eq!((&facets["total"], &facets["facets"]["body"]), (&json!(267), &json!([{"value": "estate", "count": 267}])));
    assert_eq!(ids(&bus.get("/api/cars?q=auto+17+golf").await).len(), 1);
}

#[actix_rt::test]
async fn an_import_survives_a_crash_at_every_step_and_makes_no_car_twice() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in (1..400).step_by(3) {
            let bus = dealer();
            let part = ImportPart {
                id: "i-0".into(),
                import: "i".into(),
                number: 0,
                rows: fm_cars::import::read(file(9).as_bytes(), fm_cars::car::Limits::at(1_780_000_000_000)).unwrap().rows,
                refusals: vec![],
                accepted: None,
                failure: None,
                made: 0,
                due: None,
            };
            bus.given(&[part]).await;
            bus.given(&[fm_cars::import::Import { id: "i".into(), owner: "dealer".into(), parts: 1, rows: Some(8), started: 0 }]).await;
            bus.from("fm-cars").crash_at(step, after);
            bus.command(ImportRows { part: "i-0".into() }).await.acked();
            bus.redeliver().await.acked();
            let report: Value = bus.get("/api/cars/import/i").await.json();
            assert_eq!((&report["state"], &report["accepted"]), (&json!("done"), &json!(8)), "step {step} after {after}");
            assert_eq!(bus.published::<CarListed>().all().len(), 8, "step {step} after {after}");
            assert_eq!(bus.get("/api/me/cars").await.json::<Value>()["total"], 8);
            if !bus.crashed() {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes >= 10, "{crashes}");
}

#[actix_rt::test]
async fn the_progress_of_an_import_is_visible_to_its_owner_only() {
    let bus = dealer();
    let started = import(&bus, file(3)).await;
    let url = started.header("location").unwrap().to_owned();
    bus.sign_in("u2", &["cars:write", "cars:import"]);
    let reply = bus.get(&url).await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "import-unknown"));
    bus.sign_out();
    assert_eq!(bus.get(&url).await.status, 401);
    assert_eq!(bus.get("/api/cars/import/none").await.status, 401);
}

#[actix_rt::test]
async fn invalid_files_are_refused_as_a_whole() {
    let bus = dealer();
    let utf_16: Vec<u8> = file(3).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1: Vec<u8> = file(3).replace("Auto", "\u{c4}uto").chars().map(|c| c as u8).collect();
    for (body, code) in [
        (b"".to_vec(), "csv-empty"),
        (b"a,b\n1,2\n".to_vec(), "csv-columns"),
        (b"\0\x01".to_vec(), "csv-encoding"),
        (utf_16, "csv-encoding"),
        (latin_1, "csv-encoding"),
        (file(3).replace(',', ";").into(), "csv-delimiter"),
        (file(3).replace(',', "\t").into(), "csv-delimiter"),
        (HEADER.into(), "csv-no-rows"),
    ] {
        let reply = import(&bus, body).await;
        assert_eq!((reply.status, reply.code().as_str(), crate::fields(&reply).len()), (422, code, 0));
    }
    let marked = import(&bus, format!("\u{feff}{}", file(3))).await;
    assert_eq!(report(&bus, &marked).await["accepted"], 3, "UTF-8 with a byte order mark");
    let reply = bus.http(TestRequest::post().uri("/api/cars/import").set_json(json!({}))).await;
    assert_eq!((reply.status, reply.code().as_str()), (415, "unsupported-media-type"));
    assert_eq!(import(&bus, vec![b'x'; 20 * 1024 * 1024 + 1]).await.code(), "too-large");
    bus.sign_in("u1", &["cars:write"]);
    assert_eq!(import(&bus, file(1)).await.code(), "scope-missing");
    bus.sign_out();
    assert_eq!(import(&bus, file(1)).await.status, 401);
}

#[actix_rt::test]
async fn the_import_of_a_deleted_account_makes_no_more_cars() {
    let bus = dealer();
    bus.from("fm-profile");
    let started = import(&bus, file(10)).await;
    assert_eq!(started.status, 202);
    bus.command(DeleteAll { user: "dealer".into() }).await.acked();
    let part: Vec<_> = bus.work().docs::<ImportPart>().list().await.unwrap();
    assert_eq!(part.len(), 1);
    assert_eq!(import(&bus, file(10)).await.code(), "account-deleted");
    assert_eq!(bus.get("/api/cars/count").await.json::<Value>()["count"], 0);
    assert_eq!(bus.get(started.header("location").unwrap()).await.status, 404);
}
