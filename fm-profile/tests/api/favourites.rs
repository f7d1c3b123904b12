use crate::{Market, PASSWORD, Person};
use fm_profile::{Favourite, messages::UserDeleted};
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/api/me/favourites";

async fn put(market: &Market, who: &Person, car: &str) -> (u16, String) {
    let reply = market.with_token(who, "PUT", &format!("{PATH}/{car}"), Value::Null).await;
    (reply.status, if reply.status == 204 { String::new() } else { reply.code() })
}
async fn list(market: &Market, who: &Person) -> Vec<(String, i64)> {
    let found: Value = market.with_token(who, "GET", PATH, Value::Null).await.json();
    let items = found["items"].as_array().unwrap();
    assert_eq!(found["total"], items.len());
    items.iter().map(|f| (f["car_id"].as_str().unwrap().into(), f["price"].as_i64().unwrap())).collect()
}

#[actix_rt::test]
async fn cars_are_remembered_with_their_price_once_and_forgotten() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    for id in ["c1", "c2"] {
        market.car(id, &ann, "listed");
        assert_eq!(put(&market, &ben, id).await.0, 204);
        market.clock.advance(Duration::from_secs(1));
    }
    market.cars.lock().unwrap().get_mut("c1").unwrap().price = 9_000;
    assert_eq!(put(&market, &ben, "c1").await.0, 204);
    assert_eq!(list(&market, &ben).await, [("c2".into(), 9_900), ("c1".into(), 9_900)], "the price is that of the first time");
    assert!(list(&market, &ann).await.is_empty());
    for _ in 0..2 {
        assert_eq!(market.with_token(&ben, "DELETE", &format!("{PATH}/c2"), Value::Null).await.status, 204);
    }
    assert_eq!(list(&market, &ben).await, [("c1".into(), 9_900)]);
}

#[actix_rt::test]
async fn a_price_from_before_the_sign_in_is_kept() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.car("c1", &ann, "listed");
    assert_eq!(market.with_token(&ann, "PUT", &format!("{PATH}/c1?price=12000"), Value::Null).await.status, 204);
    assert_eq!(list(&market, &ann).await, [("c1".into(), 12_000)]);
    for bad in ["price=0", "price=10000001", "price=x", "prize=1"] {
        assert_eq!(market.with_token(&ann, "PUT", &format!("{PATH}/c1?{bad}"), Value::Null).await.status, 400, "{bad}");
    }
}

#[actix_rt::test]
async fn a_car_that_is_not_for_sale_cannot_be_a_favourite() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.car("c1", &ann, "sold");
    assert_eq!(put(&market, &ann, "c1").await, (409, "car-not-listed".into()));
    assert_eq!(put(&market, &ann, "gone").await, (404, "car-unknown".into()));
    assert_eq!(put(&market, &ann, &"x".repeat(65)).await, (404, "car-unknown".into()));
    assert_eq!(market.anyone("PUT", &format!("{PATH}/c1"), Value::Null).await.status, 401);
}

#[actix_rt::test]
async fn a_user_has_at_most_a_hundred_favourites() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let one = |n: usize| Favourite::new(&ann.id, &format!("f{n}"), 1, n as i64);
    market.bus.given(&(0..100).map(one).collect::<Vec<_>>()).await;
    market.car("c1", &ann, "listed");
    assert_eq!(put(&market, &ann, "c1").await, (409, "favourites-full".into()));
    assert_eq!(put(&market, &ann, "f1").await.0, 204, "it is remembered already");
}

#[actix_rt::test]
async fn favourites_go_with_the_account() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    market.car("c1", &ann, "listed");
    put(&market, &ann, "c1").await;
    put(&market, &ben, "c1").await;
    market.bus.sign_out();
    market.bus.deliver(UserDeleted { user: ben.id.clone(), count: 0 }).await.acked();
    assert_eq!(list(&market, &ben).await.len(), 1, "ben is still there");
    market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    market.bus.sign_out();
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.acked();
    let work = market.bus.work();
    let left = async |who: &Person| work.docs::<Favourite>().filter(Favourite::user.eq(&who.id)).count().await.unwrap();
    assert_eq!((left(&ann).await, left(&ben).await), (0, 1));
}
