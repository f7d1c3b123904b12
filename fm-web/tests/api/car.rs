use crate::market::{CAR, Market, OWNER, car, picture, problem, unavailable};
use serde_json::{Value, json};

#[actix_web::test]
async fn a_car_has_facts_history_and_seller() {
    let page = Market::new().await.get(&format!("/cars/{CAR}")).await;
    page.is(200).has("<h1>BMW 3 Series 2015</h1>").has("€9,900").has("123,456\u{a0}km").has("150\u{a0}hp (110\u{a0}kW)").has("No rust.");
    page.has("€1,100 less than at the start").has("−€1,100").has("Anna Berger").has("+49 341 ••• ••23").has("Anti-lock brakes (ABS)");
    page.has(&format!("<link rel=\"canonical\" href=\"/cars/{CAR}\">"));
}

#[actix_web::test]
async fn equipment_stands_in_groups_and_the_chart_begins_at_zero() {
    let market = Market::new().await;
    let mut equipped = car();
    equipped["options"] = json!(["tow_bar", "abs", "esp", "ejector_seat"]);
    equipped["added"] = json!(fm_sdk::time::rfc3339(fm_sdk::time::now_ms() - 3 * 86_400_000));
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, equipped.clone()).await;
    let page = market.get(&format!("/cars/{CAR}")).await;
    let places: Vec<usize> =
        ["<h3>Safety and light</h3>", "Anti-lock brakes (ABS)", "Esp", "<h3>Outside</h3>", "Tow Bar", "<h3>More</h3>", "Ejector Seat"]
            .iter()
            .map(|part| page.html.find(part).unwrap_or_else(|| panic!("{part} is not in {}", page.html)))
            .collect();
    assert!(places.is_sorted(), "{places:?}");
    page.has("<span>€11,000</span><span>€0</span>").has("<span>1 Jan 2026</span><span>today</span>").has("· for 3 days");
    equipped["status"] = json!("sold");
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, equipped).await;
    market.get(&format!("/cars/{CAR}")).await.is(200).lacks("for 3 days");
}

#[actix_web::test]
async fn structured_data_describes_the_car_and_is_escaped() {
    let market = Market::new().await;
    let mut evil = car();
    evil["title"] = json!("</script><script>alert(1)</script>");
    evil["description"] = json!("<!-- <script> \u{2028} & ' \" ]]>");
    evil["images"] = json!([picture("\"><img src=x onerror=alert(1)>"), picture("good-key")]);
    evil["color"] = json!("red\" onload=\"x");
    market.answers_undescribed(&format!("/api/cars/{CAR}"), 200, evil.clone()).await;
    let page = market.get(&format!("/cars/{CAR}")).await;
    page.is(200).lacks("<script>alert").lacks("<img src=x").lacks("onload=\"x\"").has("/images/good-key/full");
    let start = page.html.find("ld+json\">").unwrap() + "ld+json\">".len();
    let ld: Value = serde_json::from_str(&page.html[start..start + page.html[start..].find("</script>").unwrap()]).unwrap();
    assert_eq!((&ld["@type"], &ld["name"], &ld["offers"]["price"]), (&json!("Car"), &evil["title"], &json!(9_900)));
}

#[actix_web::test]
async fn a_service_that_is_down_costs_its_panel_and_not_the_car() {
    for path in
        [format!("/api/cars/{CAR}/price-history"), format!("/api/profiles/{OWNER}"), "/api/cars".into(), "/api/catalogue/makers".into()]
    {
        let market = Market::new().await;
        market.answers("GET", &path, 503, unavailable()).await;
        market.get(&format!("/cars/{CAR}")).await.is(200).has("BMW 3 Series 2015").has("€9,900");
    }
}

#[actix_web::test]
async fn a_draft_has_no_price_history_yet_which_is_no_outage() {
    let market = Market::new().await;
    let mut draft = car();
    draft["status"] = json!("draft");
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, draft).await;
    let missing = problem(404, "car-unknown");
    market.answers("GET", &format!("/api/cars/{CAR}/price-history"), 404, missing).await;
    let path = format!("/cars/{CAR}");
    let down = "This part is not available right now.";
    let browser = market.signed_in().await;
    browser.get(&path).await.is(200).has("The price history begins when the car is on the market.").lacks(down);
    let german = market.signed_in().await.with_cookie("fm_lang", "de").get(&path).await;
    german.is(200).has("Die Preisgeschichte beginnt, wenn das Auto auf dem Markt ist.");
    // A car that was listed a moment ago, whose seller's account is being deleted.
    market.answers("GET", &path.replace("/cars", "/api/cars"), 200, car()).await;
    market.answers("GET", &format!("/api/profiles/{OWNER}"), 404, problem(404, "user-unknown")).await;
    market.get(&path).await.is(200).has("No price change is known.").has("Private seller").lacks(down);
}

#[actix_web::test]
async fn a_card_can_be_had_alone_for_lists_that_grow() {
    let page = Market::new().await.get(&format!("/cars/{CAR}/card")).await;
    assert!(page.is(200).has("BMW 3 Series 2015").lacks("<html").html.starts_with("<article class=\"card\" id=\"c-"));
}

#[actix_web::test]
async fn a_view_is_counted_for_the_readers_address() {
    let market = Market::new().await;
    let request = actix_web::test::TestRequest::get().uri(&format!("/cars/{CAR}"));
    market.send(request.insert_header(("x-forwarded-for", "203.0.113.9")).peer_addr("127.0.0.1:5".parse().unwrap())).await.is(200);
    let counted = async || {
        let asked = market.requests().await;
        // wiremock reuses its servers: a view that an earlier test left in the background may come here, too.
        let readers = "203.0.113.9, 127.0.0.1";
        asked.into_iter().find(|r| r.url.path() == "/api/tracks/views" && r.headers["x-forwarded-for"] == readers)
    };
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let view = loop {
        if let Some(view) = counted().await {
            break view;
        }
        assert!(tokio::time::Instant::now() < deadline, "no view was counted for the reader's address");
        tokio::task::yield_now().await;
    };
    assert_eq!(view.body_json::<Value>().unwrap(), json!({"car_id": CAR}));
}

#[actix_web::test]
async fn a_car_says_how_often_it_was_viewed() {
    let (market, path) = (Market::new().await, format!("/cars/{CAR}"));
    market.get(&path).await.is(200).has("#eye\"/></svg>Views</dt><dd>1,204</dd>");
    let german = market.browser().await.with_cookie("fm_lang", "de").get(&path).await;
    german.is(200).has("Aufrufe</dt><dd>1.204</dd>");
    let views = format!("/api/tracks/views/{CAR}");
    for (status, body) in [(404, problem(404, "car-unknown")), (503, unavailable())] {
        market.answers("GET", &views, status, body).await;
        market.get(&path).await.is(200).has("BMW 3 Series 2015").lacks("#eye");
    }
}

#[actix_web::test]
async fn what_buyers_also_ask_is_among_the_facts_in_both_languages() {
    let market = Market::new().await;
    let mut told = car();
    let more = json!({"month": 3, "trim": "Sport <Line>", "owners": 2, "inspection_until": "2027-05", "doors": 4, "seats": 5,
        "emission_class": "euro_6", "consumption": 5.6, "interior_color": "beige", "unrepaired_damage": false});
    told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, told).await;
    let facts = |page: &str| page.replace("</dt><dd>", ": ").replace("\u{a0}", " ");
    let page = market.get(&format!("/cars/{CAR}")).await;
    page.is(200).has("First registration").has("03/2015").has("Sport &#60;Line&#62;").has("05/2027").has("Euro 6").has("Colour inside");
    assert!(facts(&page.html).contains("5.6 l/100 km"));
    page.has("\"numberOfPreviousOwners\":2").has("\"meetsEmissionStandard\":\"Euro 6\"");
    let german = market.browser().await.with_cookie("fm_lang", "de").get(&format!("/cars/{CAR}")).await;
    german.is(200).has("Erstzulassung").has("HU gültig bis").has("Fahrzeughalter").has("Unreparierter Schaden");
    assert!(facts(&german.html).contains("5,6 l/100 km"));
}
