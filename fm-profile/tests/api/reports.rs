use crate::{Market, Person};
use serde_json::{Value, json};

async fn reported() -> (Market, Person, Person, String) {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    market.car("c1", &ann, "listed");
    let sent = market.with_token(&ben, "POST", "/api/me/conversations", json!({"car_id": "c1", "text": "Send money first"})).await;
    let path = format!("/api/me/conversations/{}/report", sent.json::<Value>()["id"].as_str().unwrap());
    let reply = market.with_token(&ann, "PUT", &path, json!({"reason": "fraud", "text": " He wants money. "})).await;
    assert_eq!(reply.status, 204);
    (market, ann, ben, path)
}

#[actix_rt::test]
async fn a_moderator_lists_and_resolves_reports() {
    let (market, ann, ben, _) = reported().await;
    let admin = market.admin().await;
    let reports: Value = market.with_token(&admin, "GET", "/api/admin/reports", Value::Null).await.json();
    let report = &reports["items"][0];
    assert_eq!((&reports["total"], &report["reason"], &report["text"]), (&json!(1), &json!("fraud"), &json!("He wants money.")));
    assert_eq!((&report["reporter"], &report["reported"]), (&json!(ann.id), &json!(ben.id)));
    assert_eq!((&report["messages"][0]["text"], &report["messages"][0]["by_reported"]), (&json!("Send money first"), &json!(true)));
    let path = format!("/api/admin/reports/{}", report["id"].as_str().unwrap());
    let done: Value = market.with_token(&admin, "PUT", &path, json!({"resolved": true})).await.json();
    assert_eq!(done["resolved"], true);
    for (query, total) in [("", 0), ("?resolved=true", 1)] {
        let reports: Value = market.with_token(&admin, "GET", &format!("/api/admin/reports{query}"), Value::Null).await.json();
        assert_eq!(reports["total"], total, "{query}");
    }
    assert_eq!(market.with_token(&admin, "PUT", "/api/admin/reports/none", json!({"resolved": true})).await.code(), "report-unknown");
}

#[actix_rt::test]
async fn a_report_again_replaces_the_one_before() {
    let (market, ann, _, path) = reported().await;
    assert_eq!(market.with_token(&ann, "PUT", &path, json!({"reason": "abuse"})).await.status, 204);
    let admin = market.admin().await;
    let reports: Value = market.with_token(&admin, "GET", "/api/admin/reports", Value::Null).await.json();
    assert_eq!(
        (&reports["total"], &reports["items"][0]["reason"], &reports["items"][0]["text"]),
        (&json!(1), &json!("abuse"), &Value::Null)
    );
}

#[actix_rt::test]
async fn only_moderators_see_reports_and_bad_ones_are_refused() {
    let (market, ann, _, path) = reported().await;
    assert_eq!(market.with_token(&ann, "GET", "/api/admin/reports", Value::Null).await.code(), "scope-missing");
    assert_eq!(market.with_token(&ann, "PUT", "/api/admin/reports/x", json!({"resolved": true})).await.code(), "scope-missing");
    for (body, status) in
        [(json!({"reason": "boredom"}), 400), (json!({}), 400), (json!({"reason": "spam", "text": "x".repeat(1001)}), 422)]
    {
        assert_eq!(market.with_token(&ann, "PUT", &path, body.clone()).await.status, status, "{body}");
    }
}

#[actix_rt::test]
async fn an_ad_is_reported_once_by_each_and_not_by_its_seller() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    market.car("c1", &ann, "listed");
    for text in ["Too cheap", "Pictures of another car"] {
        let reply = market.with_token(&ben, "PUT", "/api/me/reports/c1", json!({"reason": "fraud", "text": text})).await;
        assert_eq!(reply.status, 204);
    }
    assert_eq!(market.with_token(&ann, "PUT", "/api/me/reports/c1", json!({"reason": "spam"})).await.code(), "own-car");
    assert_eq!(market.with_token(&ben, "PUT", "/api/me/reports/none", json!({"reason": "spam"})).await.code(), "car-unknown");
    assert_eq!(market.with_token(&ben, "PUT", "/api/me/reports/c1", json!({"reason": "boredom"})).await.status, 400);
    let admin = market.admin().await;
    let reports: Value = market.with_token(&admin, "GET", "/api/admin/reports", Value::Null).await.json();
    let report = &reports["items"][0];
    assert_eq!((&reports["total"], &report["about"], &report["car_id"]), (&json!(1), &json!("ad"), &json!("c1")));
    assert_eq!((&report["text"], &report["reported"]), (&json!("Pictures of another car"), &json!(ann.id)));
}
