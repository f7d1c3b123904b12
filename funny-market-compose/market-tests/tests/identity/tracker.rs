//! fm-tracker on its own port, where everything is public: a forged token is refused, and a header that says who one is makes no difference.

use crate::{carriers, people::people, tokens};
use market_tests::Answer;

/// One test for each row: the answers are those that a stranger gets, or a refusal.
fn makes_no_difference(requests: &[carriers::Headers]) {
    let (market, draft) = (&people().market, &people().draft);
    let paths =
        [format!("/api/cars/{draft}/price-history"), "/api/tracks/latest?limit=0".into(), "/api/admin/users".into(), "/api/me".into()];
    for path in &paths {
        let stranger = market.at("tracker").get(path);
        assert!(stranger.status >= 400 && !stranger.text().contains(&people().secret), "{path}: {}", stranger.text());
        for headers in requests {
            let caller = headers.iter().fold(market.at("tracker"), |caller, (name, value)| caller.with(name, value));
            let answer = caller.get(path);
            let told = |answer: &Answer| (answer.status, answer.json()["code"].clone());
            let refused = answer.status == 401 && told(&answer).1.as_str().is_some_and(|code| code.starts_with("token-"));
            assert!(refused || told(&answer) == told(&stranger), "{path} {headers:?}: {}", answer.text());
        }
    }
}

fn token(tokens: &[String], _: &str, _: &str) {
    let headers: Vec<carriers::Headers> = tokens.iter().map(|token| vec![("Authorization".into(), format!("Bearer {token}"))]).collect();
    makes_no_difference(&headers);
}
fn carrier(requests: &[carriers::Headers], _: &str) {
    makes_no_difference(requests);
}
tokens::refused_at!(token);
carriers::not_carried_to!(carrier);
