//! Every line of the public API: who may call it, what it answers, and which fields the answer has.

use market_tests::{Answer, Caller, Document, Market, Person, form, wait_until};
use serde_json::{Value, json};
use std::{fs, time::Duration};

/// What one service does reaches the others by events, on a busy machine later.
const FOLLOWS: Duration = Duration::from_secs(20);
/// The fields of a car.
const CAR: &str = "id title maker model body description price year mileage color engine gearbox power_ps options location images owner_id \
                   status added updated expires month trim owners inspection_until doors seats emission_class consumption \
                   interior_color unrepaired_damage rating?";
const USER: &str = "id username email email_confirmed roles created?";
const TOKENS: &str = "user access_token refresh_token token_type expires_in device_token?";
const LIST: &str = "items total page per_page";
const TRACK: &str = "car_id title price image added views";

/// What an object holds: exactly these fields; those with `?` may be missing.
#[track_caller]
fn has(object: &Value, fields: &str) {
    let object = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    let known: Vec<&str> = fields.split_whitespace().map(|field| field.trim_end_matches('?')).collect();
    for field in fields.split_whitespace().filter(|field| !field.ends_with('?')) {
        assert!(object.contains_key(field), "{field} is missing in {object:?}");
    }
    assert!(object.keys().all(|key| known.contains(&key.as_str())), "more than {fields}: {object:?}");
}

#[track_caller]
fn item(answer: &Answer) -> Value {
    answer.json()["items"].get(0).cloned().unwrap_or_else(|| panic!("{} has no items: {}", answer.question, answer.text()))
}

fn dealer(market: &Market) -> Person {
    let person = market.someone();
    market.admin().http.put(&format!("/api/admin/users/{}/roles", person.id), json!({ "roles": ["user", "dealer"] })).expect(200);
    Person::sign_in(market, &person.username, &person.password)
}

fn photo(market: &Market) -> Vec<u8> {
    fs::read(Document::read(market, "README.md").root.join("fm-image/tests/fixtures/progressive.jpg")).unwrap()
}

#[test]
fn accounts_answer_as_documented() {
    let market = Market::running();
    let anyone = market.anyone();
    let name = market.unique("api");
    let account = |name: &str, email: &str, password: &str| json!({ "username": name, "email": email, "password": password });
    let email = format!("{name}@example.com");
    let signed_up = anyone.post("/api/auth/sign-up", account(&name, &email, "Correct-horse-1")).expect(201).json();
    has(&signed_up, TOKENS);
    assert!(signed_up["device_token"].is_string());
    has(&signed_up["user"], USER);
    assert_eq!(signed_up["token_type"].as_str().map(str::to_lowercase).as_deref(), Some("bearer"));
    anyone.post("/api/auth/sign-up", account(&name, &email, "Correct-horse-1")).expect_problem(409, "taken");
    let weak = anyone.post("/api/auth/sign-up", account(&market.unique("api"), "no address", "weak")).expect(422).json();
    has(&weak, "type title status detail code trace_id errors");
    let fields: Vec<&str> = weak["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"email") && fields.contains(&"password"), "{weak}");
    anyone.post("/api/auth/sign-up", json!({ "username": name, "stranger": 1 })).expect(400);

    for login in [&name, &email] {
        has(&anyone.post("/api/auth/sign-in", json!({ "login": login, "password": "Correct-horse-1" })).expect(200).json(), TOKENS);
    }
    let guess = || anyone.post("/api/auth/sign-in", json!({ "login": name, "password": "another" }));
    guess().expect_problem(401, "wrong-credentials");
    let throttled = (0..15).map(|_| guess()).find(|answer| answer.status != 401).expect("who guesses is slowed down");
    assert!(throttled.expect_problem(429, "throttled").header("retry-after").is_some());
    let refreshed = anyone.post("/api/auth/refresh", json!({ "refresh_token": signed_up["refresh_token"] })).expect(200).json();
    has(&refreshed, TOKENS);
    has(&anyone.get("/.well-known/jwks.json").expect(200).json(), "keys");

    let me = anyone.clone().bearing(refreshed["access_token"].as_str().unwrap());
    has(&me.get("/api/me").expect(200).json(), USER);
    for path in ["/api/me", "/api/me/profile", "/api/me/cars", "/api/admin/users"] {
        anyone.get(path).expect_problem(401, "token-missing");
    }
    let renamed = market.unique("api");
    assert_eq!(me.patch("/api/me", json!({ "username": renamed })).expect(200).json()["username"], renamed.as_str());
    let profile = me.patch("/api/me/profile", json!({ "name": "Ann", "location": "Kiel", "phone": "0431 1", "about": "-" })).expect(200);
    has(&profile.json(), "user_id username name location phone phone_masked about opening_hours seller_type member_since");
    assert_eq!(me.get("/api/me/profile").expect(200).json(), profile.json());
    let shown = anyone.get(&format!("/api/profiles/{}", signed_up["user"]["id"].as_str().unwrap())).expect(200).json();
    assert_eq!(shown["name"], "Ann");
    anyone.get("/api/profiles/nobody").expect(404);
    let password = |old: &str| json!({ "old_password": old, "new_password": "Correct-horse-2" });
    me.put("/api/me/password", password("wrong")).expect_problem(403, "password-wrong");
    me.put("/api/me/password", password("Correct-horse-1")).expect(204);
    // Under another name it is the same account, and guesses from this address still count; a known device gets in.
    let sign_in = json!({ "login": renamed, "password": "Correct-horse-2", "device_token": signed_up["device_token"] });
    let again = anyone.post("/api/auth/sign-in", sign_in).expect(200).json();
    let me = anyone.clone().bearing(again["access_token"].as_str().unwrap());
    me.post("/api/auth/sign-out", json!({ "refresh_token": again["refresh_token"] })).expect(204);

    let leaver = market.someone();
    leaver.http.send_json("DELETE", "/api/me", &json!({ "password": "wrong" })).expect_problem(403, "password-wrong");
    let accepted = leaver.http.send_json("DELETE", "/api/me", &json!({ "password": leaver.password })).expect(202).json();
    has(&accepted, "status_url");
    has(&anyone.get(accepted["status_url"].as_str().unwrap()).expect(200).json(), "state cars_deleted");

    let (user, admin) = (market.someone(), market.admin());
    let users = admin.http.get("/api/admin/users").expect(200);
    has(&users.json(), LIST);
    has(&item(&users), USER);
    let roles = format!("/api/admin/users/{}/roles", user.id);
    user.http.get("/api/admin/users").expect_problem(403, "scope-missing");
    user.http.put(&roles, json!({ "roles": ["admin"] })).expect_problem(403, "scope-missing");
    assert_eq!(admin.http.put(&roles, json!({ "roles": ["user", "dealer"] })).expect(200).json()["roles"], json!(["dealer", "user"]));
}

#[test]
fn mails_carry_links_that_answer_as_documented() {
    let market = Market::running();
    let (anyone, person) = (market.anyone(), market.someone());
    let account = person.http.get("/api/me").expect(200).json();
    let email = account["email"].as_str().unwrap();
    has(&person.http.get("/api/me/mail").expect(200).json(), "messages alerts language");
    let wishes = json!({ "messages": true, "alerts": false, "language": "de" });
    assert_eq!(person.http.put("/api/me/mail", wishes.clone()).expect(200).json(), wishes);

    let confirmation = mailed(&market, email, "confirm-email");
    anyone.put("/api/auth/email-confirmation", json!({ "token": confirmation })).expect(204);
    anyone.put("/api/auth/email-confirmation", json!({ "token": confirmation })).expect_problem(404, "link-invalid");
    assert_eq!(person.http.get("/api/me").expect(200).json()["email_confirmed"], true);
    person.http.post("/api/me/email-confirmation", json!({})).expect_problem(409, "email-confirmed");

    anyone.post("/api/auth/password-reset", json!({ "email": format!("nobody.{email}") })).expect(202);
    anyone.post("/api/auth/password-reset", json!({ "email": email })).expect(202);
    let reset = mailed(&market, email, "new-password");
    let password = |token: &str| json!({ "token": token, "new_password": "Correct-horse-3" });
    anyone.put("/api/auth/password-reset", password("fmm_")).expect_problem(404, "link-invalid");
    anyone.put("/api/auth/password-reset", password(&reset)).expect(204);
    Person::sign_in(&market, email, "Correct-horse-3");
    anyone.post("/api/auth/unsubscribe?token=none", json!({})).expect_problem(404, "link-invalid");
}

#[test]
fn reports_of_ads_answer_as_documented() {
    let market = Market::running();
    let (seller, buyer) = (market.someone(), market.someone());
    let car = seller.lists_a_car(json!({ "maker": "bmw", "model": "3er", "year": 2015, "price": 9_900 }));
    let path = format!("/api/me/reports/{}", car["id"].as_str().unwrap());
    let report = json!({ "reason": "fraud", "text": "Too cheap" });
    market.anyone().put(&path, report.clone()).expect_problem(401, "token-missing");
    seller.http.put(&path, report.clone()).expect_problem(409, "own-car");
    buyer.http.put("/api/me/reports/none", report.clone()).expect_problem(404, "car-unknown");
    buyer.http.put(&path, report).expect(204);
    let admin = market.admin();
    let all = admin.http.get("/api/admin/reports?per_page=100").expect(200);
    has(&all.json(), LIST);
    has(&item(&all), "id about car_id reporter reported reason text messages at resolved");
    let reports = all.json();
    let mine = reports["items"].as_array().unwrap().iter().find(|r| r["reporter"] == buyer.id.as_str()).unwrap().clone();
    assert_eq!((mine["about"].as_str(), mine["car_id"].as_str()), (Some("ad"), car["id"].as_str()));
    let done = admin.http.put(&format!("/api/admin/reports/{}", mine["id"].as_str().unwrap()), json!({ "resolved": true })).expect(200);
    assert_eq!(done.json()["resolved"], true);
}

/// The token of the link to a page that was mailed to an address: without a mail server mails are files, in quoted-printable (RFC 2045).
fn mailed(market: &Market, address: &str, page: &str) -> String {
    let (folder, to, page) = (market.local().folder.join("mails"), format!("To: {address}\r\n"), format!("/{page}?token="));
    let find = || {
        let files = fs::read_dir(&folder).ok()?.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
        let text = files
            .filter(|mail| mail.contains(&to))
            .map(|mail| mail.replace("=\r\n", "").replace("=3D", "="))
            .find(|mail| mail.contains(&page))?;
        text.split_once(&page)?.1.split_whitespace().next().map(str::to_owned)
    };
    wait_until(&format!("a mail to {address} with a link to {page}"), FOLLOWS, || find().is_some());
    find().unwrap()
}

#[test]
fn cars_answer_as_documented() {
    let market = Market::running();
    let (anyone, owner, stranger) = (market.anyone(), market.someone(), market.someone());
    let facts = json!({ "maker": "audi", "model": "a4", "price": 12_500, "year": 2019, "mileage": 80_000, "color": "red", "engine": "diesel",
        "gearbox": "manual", "body": "estate", "power_ps": 150, "options": [], "description": "as documented",
        "location": { "postal_code": "24103" }, "status": "listed" });
    let keyed = owner.http.clone().with("idempotency-key", "once");
    let created = keyed.post("/api/cars", facts.clone()).expect(201);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/cars/{id}");
    assert_eq!(created.header("location"), Some(path.as_str()));
    assert_eq!(keyed.post("/api/cars", facts.clone()).expect(201).json()["id"], id.as_str());
    has(&created.json(), CAR);
    assert_eq!(created.json()["title"], "Audi A4 2019");
    anyone.post("/api/cars", facts.clone()).expect_problem(401, "token-missing");
    let limits = json!({ "maker": "audi", "price": 0, "year": 1885, "mileage": 2_000_001, "power_ps": 2_501 });
    let errors = owner.http.post("/api/cars", limits).expect(422).json()["errors"].as_array().unwrap().len();
    assert_eq!(errors, 4);
    for malformed in [json!({ "maker": "audi", "wheels": 5 }), json!({ "maker": 5 }), json!([])] {
        owner.http.post("/api/cars", malformed).expect(400);
    }
    owner.http.send("POST", "/api/cars", Some(("application/json", b"{"))).expect(400);

    let shown = anyone.get(&path).expect(200);
    let etag = shown.header("etag").unwrap().to_owned();
    has(&shown.json(), CAR);
    has(&shown.json()["location"], "postal_code town? lat? lon?");
    anyone.get("/api/cars/nothing").expect(404);
    let draft = owner.lists_a_car(json!({ "status": "draft" }))["id"].as_str().unwrap().to_owned();
    anyone.get(&format!("/api/cars/{draft}")).expect(404);
    stranger.http.get(&format!("/api/cars/{draft}")).expect(404);
    owner.http.get(&format!("/api/cars/{draft}")).expect(200);

    let filters = "maker=audi&maker=bmw&model=a4&color=red&engine=diesel&gearbox=manual&body=estate&price_from=12500&price_to=12500\
                   &year_from=2019&year_to=2019&mileage_from=80000&mileage_to=80000&power_from=150&power_to=150&q=documented";
    let mine = format!("{filters}&seller={}", owner.id);
    wait_until("the car is found", Duration::from_secs(2), || {
        anyone.get(&format!("/api/cars/count?{mine}")).json() == json!({ "count": 1 })
    });
    for sort in ["added", "price", "mileage", "year"].iter().flat_map(|sort| [sort.to_string(), format!("-{sort}")]) {
        let list = anyone.get(&format!("/api/cars?{mine}&sort={sort}&page=1&per_page=100")).expect(200);
        has(&list.json(), LIST);
        assert_eq!(item(&list)["id"], id.as_str());
    }
    assert_eq!(anyone.get("/api/cars").expect(200).json()["per_page"], 20);
    let facets = anyone.get(&format!("/api/cars/facets?{mine}")).expect(200).json();
    has(&facets, "total facets");
    has(&facets["facets"], "maker model color engine gearbox body option");
    has(&facets["facets"]["maker"][0], "value count");
    for wrong in ["sort=wheels", "page=0", "per_page=101", "price_from=x", "wheels=4", "year_from=-1", "color=plaid"] {
        for list in ["/api/cars", "/api/cars/count", "/api/cars/facets"] {
            if list == "/api/cars" || !["sort", "page", "per_page"].contains(&wrong.split('=').next().unwrap()) {
                anyone.get(&format!("{list}?{wrong}")).expect(400);
            }
        }
    }
    let described = "maker=audi&model=a4&engine=diesel&year=2019&mileage=80000&price=12500";
    let estimated = anyone.get(&format!("/api/cars/estimate?{described}&without={id}")).expect(200).json();
    has(&estimated, "estimate rating method not_rated min_peers");
    if !estimated["estimate"].is_null() {
        has(&estimated["estimate"], "expected_price fair_from fair_to peers");
        has(&estimated["rating"], "step difference expected_price peers too_cheap");
        has(&estimated["method"], "per_year per_10000_km");
    }
    anyone.get("/api/cars/estimate?maker=wheels").expect_problem(400, "invalid");
    let own = owner.http.get("/api/me/cars").expect(200).json();
    has(&own, LIST);
    assert_eq!(own["total"], 2);

    let cheaper = json!({ "price": 12_000 });
    for (who, status) in [(&anyone, 401), (&stranger.http, 403)] {
        who.patch(&path, cheaper.clone()).expect(status);
        who.post(&format!("{path}/sold"), json!({})).expect(status);
        who.delete(&path).expect(status);
    }
    assert_eq!(owner.http.clone().with("if-match", &etag).patch(&path, cheaper.clone()).expect(200).json()["price"], 12_000);
    owner.http.clone().with("if-match", &etag).patch(&path, cheaper).expect(412);
    wait_until("both prices are known", FOLLOWS, || {
        let history = anyone.get(&format!("{path}/price-history"));
        history.status == 200 && history.json()["items"].as_array().is_some_and(|items| items.len() == 2)
    });
    has(&item(&anyone.get(&format!("{path}/price-history"))), "at price");
    assert_eq!(owner.http.post(&format!("{path}/sold"), json!({})).expect(200).json()["status"], "sold");
    let sale = format!("{path}/sold");
    anyone.delete(&sale).expect(401);
    stranger.http.delete(&sale).expect(403);
    assert_eq!(owner.http.delete(&sale).expect(200).json()["status"], "listed");
    owner.http.delete(&format!("/api/cars/{draft}/sold")).expect_problem(409, "car-not-sold");
    let renewal = format!("{path}/renew");
    anyone.post(&renewal, json!({})).expect(401);
    stranger.http.post(&renewal, json!({})).expect(403);
    assert_eq!(owner.http.post(&renewal, json!({})).expect(200).json()["status"], "listed");
    owner.http.post(&format!("/api/cars/{draft}/renew"), json!({})).expect_problem(409, "car-not-listed");
    owner.http.delete(&path).expect(204);
    anyone.get(&path).expect(404);
}

#[test]
fn pictures_and_tracks_answer_as_documented() {
    let market = Market::running();
    let (anyone, owner, stranger) = (market.anyone(), market.someone(), market.someone());
    let car = owner.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned();
    let path = format!("/api/cars/{car}/images");
    let upload = |who: &Caller, files: &[&[u8]]| {
        let (kind, body) = form(files);
        who.send("POST", &path, Some((&kind, &body)))
    };
    let photo = photo(&market);
    let other = [photo.as_slice(), b"\0"].concat();
    let added = upload(&owner.http, &[&photo, &other]).expect(201).json();
    has(&added, "images");
    has(&added["images"][0], "key url thumb_url width height");
    upload(&anyone, &[&photo]).expect_problem(401, "token-missing");
    upload(&stranger.http, &[&photo]).expect_problem(403, "not-owner");
    let large = vec![0; (10 << 20) + 1];
    for (file, status) in [(b"no picture".as_slice(), 415), (&large, 413), (&photo[..photo.len() / 2], 422)] {
        assert!(!upload(&owner.http, &[file]).expect(status).json()["errors"].as_array().unwrap().is_empty());
    }
    let keys: Vec<&str> = added["images"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap()).collect();
    for size in ["thumb", "card", "card.webp", "full"] {
        let file = anyone.get(&format!("/images/{}/{size}", keys[0])).expect(200);
        assert!(file.header("cache-control").unwrap().contains("immutable"), "{:?}", file.headers);
    }
    anyone.get(&format!("/images/{}/huge", keys[0])).expect(404);
    let order = json!({ "keys": [keys[1], keys[0]] });
    anyone.put(&format!("{path}/order"), order.clone()).expect(401);
    stranger.http.put(&format!("{path}/order"), order.clone()).expect(403);
    assert_eq!(owner.http.put(&format!("{path}/order"), order).expect(200).json()["images"][0]["key"], keys[1]);
    for (who, status) in [(&anyone, 401), (&stranger.http, 403), (&owner.http, 204)] {
        who.delete(&format!("{path}/{}", keys[0])).expect(status);
    }

    let tracked = || anyone.get("/api/tracks/latest?limit=100").json()["items"].to_string().contains(&car);
    wait_until("the car is among the latest", FOLLOWS, tracked);
    for list in ["latest", "popular"] {
        let list = format!("/api/tracks/{list}");
        let items = anyone.get(&list).expect(200);
        has(&items.json(), "items");
        has(&item(&items), TRACK);
        assert_eq!(anyone.get(&format!("{list}?limit=1")).expect(200).json()["items"].as_array().unwrap().len(), 1);
        for wrong in ["limit=0", "limit=101", "limit=x", "wheels=4"] {
            anyone.get(&format!("{list}?{wrong}")).expect(400);
        }
    }
    anyone.post("/api/tracks/views", json!({ "car_id": car })).expect(204);
    let viewed = format!("/api/tracks/views/{car}");
    has(&anyone.get(&viewed).expect(200).json(), "car_id views");
    wait_until("the view is counted", FOLLOWS, || anyone.get(&viewed).json()["views"] == 1);
    anyone.get("/api/tracks/views/nothing").expect_problem(404, "car-unknown");
    anyone.post("/api/tracks/views", json!({ "car_id": "nothing" })).expect(404);
    anyone.get("/api/cars/nothing/price-history").expect(404);
}

#[test]
fn the_catalogue_imports_and_the_rest_answer_as_documented() {
    let market = Market::running();
    let anyone = market.anyone();
    for list in ["makers", "models?maker=audi", "engines", "bodies", "colors", "gearboxes", "options"] {
        let answer = anyone.get(&format!("/api/catalogue/{list}")).expect(200);
        has(&answer.json(), "items");
        has(&item(&answer), "value label");
    }
    let head = "name,price,vehicleType,yearOfRegistration,gearbox,powerPS,model,odometer,monthOfRegistration,fuelType,brand,notRepairedDamage,dateCreated,postalCode";
    let ads = format!(
        "{head}\nGood,\"$5,000\",kombi,2008,manuell,0,a4,\"150,000km\",3,benzin,audi,nein,2016-03-26 00:00:00,1067\n\
         Bad,\"$0\",kombi,2008,manuell,0,a4,\"150,000km\",3,benzin,audi,nein,2016-03-26 00:00:00,1067\n"
    );
    let dealer = dealer(&market);
    let import = |who: &Caller| who.send("POST", "/api/cars/import", Some(("text/csv", ads.as_bytes())));
    import(&anyone).expect(401);
    import(&market.someone().http).expect_problem(403, "scope-missing");
    let accepted = import(&dealer.http).expect(202).json();
    has(&accepted, "id status_url");
    let status_url = accepted["status_url"].as_str().unwrap();
    let mut status = Value::Null;
    wait_until("the import is done", Duration::from_secs(30), || {
        status = dealer.http.get(status_url).expect(200).json();
        status["state"] == "done"
    });
    has(&status, "state total read accepted refused refusals unprocessed failures");
    assert_eq!((&status["read"], &status["accepted"], &status["refused"]), (&json!(2), &json!(1), &json!(1)));
    has(&status["refusals"][0], "line reason");
    assert_eq!(status["refusals"][0]["line"], 3);
    wait_until("the ad is listed", FOLLOWS, || dealer.http.get("/api/me/cars").json()["total"] == 1);
    let car = item(&dealer.http.get("/api/me/cars"));
    let read = [&car["body"], &car["engine"], &car["gearbox"], &car["power_ps"], &car["location"]["postal_code"], &car["description"]];
    assert_eq!(read.map(|v| v.as_str()), [Some("estate"), Some("petrol"), Some("manual"), None, Some("01067"), Some("Good")]);

    assert!(anyone.get("/api/openapi.json").expect(200).json()["openapi"].as_str().unwrap().starts_with("3.1"));
    let said = anyone.get("/api/asyncapi.json").expect(200).json();
    for operation in [
        "fm-cars/publish.car.listed",
        "fm-cars/answer.fm-cars.show-car",
        "fm-profile/subscribe.car.listed",
        "fm-image/subscribe.car.removed",
    ] {
        assert!(said["operations"][operation].is_object(), "{operation}");
    }
    for page in ["/api/docs", "/", "/cars", "/sign-in"] {
        assert!(anyone.get(page).expect(200).header("content-type").unwrap().starts_with("text/html"), "{page}");
    }
    for path in ["/health/live", "/health/ready"] {
        for part in ["gateway", "cars", "profile", "image", "tracker", "web"] {
            has(&market.at(part).get(path).expect(200).json(), "status checks");
        }
    }
    assert_eq!(anyone.get("/nothing-of-ours").expect(404).header("content-type").map(|kind| &kind[..9]), Some("text/html"));
}
