//! What other services' tests read of fm-profile. `scripts/contracts` of the checkout copies it from their repositories into `tests/contracts`.

use crate::{Market, PASSWORD};
use fm_sdk::testing::Contracts;
use serde_json::json;

#[actix_rt::test]
async fn consumers_get_what_their_tests_read() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    Contracts::of_consumers("fm-profile").messages(&market.bus).verify().await;
}
