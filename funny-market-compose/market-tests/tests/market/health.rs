use market_tests::Market;

#[test]
fn the_gateway_is_alive_and_ready() {
    let market = Market::running();
    market.anyone().get("/health/live").expect(200);
    market.anyone().get("/health/ready").expect(200);
}

#[test]
fn an_api_that_nobody_serves_is_a_problem_and_not_a_page() {
    let answer = Market::running().anyone().get("/api/no-such-thing").expect(404);
    assert!(answer.header("content-type").unwrap_or_default().starts_with("application/problem+json"), "{answer:?}");
    assert!(answer.json()["code"].is_string(), "{}", answer.text());
}

#[test]
fn a_method_that_a_path_does_not_take_is_refused_with_what_it_takes() {
    let answer = Market::running().anyone().send("DELETE", "/api/auth/sign-in", None).expect(405);
    assert!(answer.header("allow").unwrap_or_default().contains("POST"), "{answer:?}");
}
