//! What other services' tests read of fm-profile. `scripts/contracts` of the checkout copies it from their repositories into `tests/contracts`.

use crate::{Market, PASSWORD, Person, smtp::SmtpServer};
use fm_profile::{
    Favourite,
    messages::{CarListed, CarNow, CarPriceChanged},
};
use fm_sdk::testing::{Contracts, HttpReply, RecordedRequest};
use serde_json::{Value, json};
use std::time::Duration;

const NEW: &str = "a better password";

/// A market of its own for one request: Ann, a dealer, sells the car `c1`, and Ben has written to her.
struct World {
    market: Market,
    /// Where mails go, if any are read.
    server: Option<SmtpServer>,
    ann: Person,
    ben: Person,
    conversation: String,
}

impl World {
    async fn open() -> Self {
        World::on(Market::open(), None).await
    }
    async fn with_mails() -> Self {
        let server = SmtpServer::start();
        World::on(Market::mailing(server.transport()), Some(server)).await
    }
    async fn on(market: Market, server: Option<SmtpServer>) -> Self {
        let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
        let (admin, roles) = (market.admin().await, format!("/api/admin/users/{}/roles", ann.id));
        assert_eq!(market.with_token(&admin, "PUT", &roles, json!({"roles": ["user", "dealer"]})).await.status, 200);
        let ann = Person { device: ann.device, ..Person::of(&market.refresh(&ann.refresh).await) };
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let hours: serde_json::Map<_, _> = days.iter().map(|day| ((*day).to_owned(), json!([{"from": "09:00", "to": "18:00"}]))).collect();
        let profile = json!({"name": "Ann Lee", "location": "Kiel", "phone": "+49 431 123456", "about": "Cars.", "opening_hours": hours});
        assert_eq!(market.with_token(&ann, "PATCH", "/api/me/profile", profile).await.status, 200);
        for (id, status) in [("c1", "listed"), ("sold", "sold")] {
            market.car(id, &ann, status);
        }
        market.cars.lock().unwrap().get_mut("c1").unwrap().image = Some("/images/k/thumb".into());
        let sent = market.with_token(&ben, "POST", "/api/me/conversations", json!({"car_id": "c1", "text": "Is it there?"})).await;
        let conversation = sent.json::<Value>()["id"].as_str().unwrap().into();
        World { market, server, ann, ben, conversation }
    }
    /// What the service has of Ann: a favourite, a search, alerts.
    async fn with_alerts(&self) {
        let filters = json!({"maker": ["bmw"], "price_to": 10_000});
        self.done(&self.ann, "POST", "/api/me/searches", json!({"name": "Mine", "filters": filters})).await;
        self.done(&self.ann, "PUT", "/api/me/favourites/c1", Value::Null).await;
        self.market.bus.sign_out();
        let car = CarNow { owner: self.ben.id.clone(), ..self.market.cars.lock().unwrap()["c1"].clone() };
        self.market.bus.deliver(CarListed { car: car.clone() }).await.acked();
        self.market.bus.deliver(CarPriceChanged { car: CarNow { price: 9_000, ..car }, from: 9_900 }).await.acked();
    }
    async fn done(&self, who: &Person, method: &str, path: &str, body: Value) -> Value {
        let reply = self.market.with_token(who, method, path, body).await;
        assert!(reply.status < 300, "{method} {path}: {}", String::from_utf8_lossy(&reply.body));
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }
    /// The id of the first of a list.
    async fn first(&self, who: &Person, path: &str) -> String {
        self.done(who, "GET", path, Value::Null).await["items"][0]["id"].as_str().unwrap().into()
    }
    /// The token of Ann's last mail, which leads to this page.
    async fn mailed(&self, page: &str) -> String {
        self.market.mail().await;
        self.server.as_ref().unwrap().mails().iter().rfind(|mail| mail.to == ["ann@example.com"]).unwrap().token(page)
    }
    /// The token with which Ann may choose a new password.
    async fn forgotten(&self) -> String {
        self.market.anyone("POST", "/api/auth/password-reset", json!({"email": "ann@example.com"})).await;
        self.mailed("new-password").await
    }
    async fn confirmed(&self) {
        let token = self.mailed("confirm-email").await;
        assert_eq!(self.market.anyone("PUT", "/api/auth/email-confirmation", json!({ "token": token })).await.status, 204);
    }
    async fn reported(&self) -> Person {
        self.done(
            &self.ann,
            "PUT",
            &format!("/api/me/conversations/{}/report", self.conversation),
            json!({"reason": "fraud", "text": "Look"}),
        )
        .await;
        self.done(&self.ben, "PUT", "/api/me/reports/c1", json!({"reason": "fraud", "text": "Look"})).await;
        self.market.admin().await
    }
    async fn send(&self, who: &Person, request: &RecordedRequest) -> HttpReply {
        self.market.bus.token(&who.access);
        request.send(&self.market.bus).await
    }
}

/// Answers a request for what there is.
async fn answer(request: RecordedRequest) -> Vec<HttpReply> {
    let world = match request.route.as_str() {
        "PUT /api/auth/email-confirmation" | "PUT /api/auth/password-reset" | "POST /api/auth/unsubscribe" => World::with_mails().await,
        _ => World::open().await,
    };
    let World { ann, ben, conversation, .. } = &world;
    let request = request.with("car_id", "c1").with_field("car_id", "c1").with("user_id", &ann.id);
    let conversations = request.route.contains("/api/me/conversations/{id}");
    let request = if conversations { request.with("id", conversation) } else { request };
    let (who, request) = match request.route.as_str() {
        "POST /api/me/conversations" | "PUT /api/me/reports/{car_id}" => (ben, request),
        "GET /api/admin/reports" => {
            let admin = world.reported().await;
            let open = request.clone().with_query(&[("resolved", "false")]);
            return vec![world.send(&admin, &request).await, world.send(&admin, &open).await];
        }
        "PUT /api/admin/reports/{id}" => {
            let admin = world.reported().await;
            let id = world.first(&admin, "/api/admin/reports").await;
            return vec![world.send(&admin, &request.with("id", &id)).await];
        }
        "GET /api/profiles/{user_id}" => {
            // The number is shown to people with an account, and masked to others.
            let mut signed_in = request.clone();
            signed_in.is_signed_in = true;
            return vec![world.send(ben, &request).await, world.send(ben, &signed_in).await];
        }
        "GET /api/me/alerts" | "GET /api/me/favourites" | "GET /api/me/searches" => {
            world.with_alerts().await;
            (ann, request)
        }
        "PUT /api/me/alerts/seen" => {
            world.with_alerts().await;
            (ann, request.with_field("alerts", json!([world.first(ann, "/api/me/alerts").await])))
        }
        "DELETE /api/me/searches/{id}" => {
            world.with_alerts().await;
            (ann, request.with("id", &world.first(ann, "/api/me/searches").await))
        }
        "GET /api/me/deletions/{id}" => {
            let accepted = world.done(ann, "DELETE", "/api/me", json!({ "password": PASSWORD })).await;
            (ann, request.with("id", accepted["status_url"].as_str().unwrap().rsplit('/').next().unwrap()))
        }
        "DELETE /api/me" | "POST /api/auth/sign-up" => (ann, request.with_field("password", PASSWORD)),
        "POST /api/auth/sign-in" => {
            (ann, request.with_field("login", "ann").with_field("password", PASSWORD).with_field("device_token", ann.device.as_str()))
        }
        "POST /api/auth/refresh" | "POST /api/auth/sign-out" => (ann, request.with_field("refresh_token", ann.refresh.as_str())),
        "PUT /api/me/password" => (ann, request.with_field("old_password", PASSWORD).with_field("new_password", NEW)),
        "PUT /api/auth/email-confirmation" => (ann, request.with_field("token", world.mailed("confirm-email").await)),
        "PUT /api/auth/password-reset" => (ann, request.with_field("token", world.forgotten().await)),
        "POST /api/auth/unsubscribe" => {
            world.confirmed().await;
            world.done(ann, "PUT", &format!("/api/me/conversations/{conversation}/read"), json!({"messages": 1})).await;
            world.done(ben, "POST", "/api/me/conversations", json!({"car_id": "c1", "text": "Hello?"})).await;
            (ann, request.with_query(&[("token", &world.mailed("unsubscribe").await)]))
        }
        _ => (ann, request),
    };
    vec![world.send(who, &request).await]
}

#[actix_rt::test]
async fn consumers_get_what_their_tests_read() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    // Whatever a request is about is unknown.
    let as_it_is = async |request: RecordedRequest| {
        let world = World::open().await;
        vec![world.send(&world.ben, &request).await]
    };
    Contracts::of_consumers("fm-profile")
        .messages(&market.bus)
        .requests(answer)
        .in_state("scope-missing")
        .requests(as_it_is)
        .in_state("conversation-unknown")
        .requests(as_it_is)
        .in_state("user-unknown")
        .requests(as_it_is)
        .in_state("car-unknown")
        .requests(as_it_is)
        .in_state("refresh-invalid")
        .requests(as_it_is)
        .in_state("wrong-credentials")
        .requests(as_it_is)
        .in_state("link-invalid")
        .requests(async |request| as_it_is(request.with_field("new_password", NEW)).await)
        .in_state("invalid")
        .requests(async |request| {
            let world = World::with_mails().await;
            let request = request.with_field("car_id", "c1").with_field("name", "").with_field("new_password", "short");
            let request = match request.route.as_str() {
                "PUT /api/auth/password-reset" => request.with_field("token", world.forgotten().await),
                _ => request,
            };
            vec![world.send(&world.ben, &request).await]
        })
        .in_state("password-wrong")
        .requests(async |request| as_it_is(request.with_field("new_password", NEW)).await)
        .in_state("car-not-listed")
        .requests(async |request| as_it_is(request.with("car_id", "sold").with_field("car_id", "sold")).await)
        .in_state("own-car")
        .requests(async |request| {
            let world = World::open().await;
            vec![world.send(&world.ann, &request.with("car_id", "c1").with_field("car_id", "c1")).await]
        })
        .in_state("token-revoked")
        .requests(async |request| {
            let world = World::open().await;
            world.done(&world.ann, "PUT", "/api/me/password", json!({"old_password": PASSWORD, "new_password": NEW})).await;
            vec![world.send(&world.ann, &request).await]
        })
        .in_state("refresh-reused")
        .requests(async |request| {
            let world = World::open().await;
            let second = Person::of(&world.market.refresh(&world.ann.refresh).await);
            world.market.refresh(&second.refresh).await;
            vec![request.with_field("refresh_token", world.ann.refresh.as_str()).send(&world.market.bus).await]
        })
        .in_state("email-confirmed")
        .requests(async |request| {
            let world = World::with_mails().await;
            world.confirmed().await;
            vec![world.send(&world.ann, &request).await]
        })
        .in_state("person-gone")
        .requests(async |request| {
            let world = World::open().await;
            world.done(&world.ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
            vec![world.send(&world.ben, &request.with_field("car_id", "c1")).await]
        })
        .in_state("conversation-full")
        .requests(async |request| {
            let world = World::open().await;
            let path = format!("/api/me/conversations/{}/messages", world.conversation);
            for n in 1..200 {
                world.market.clock.advance(Duration::from_secs(6));
                world.done(&world.ben, "POST", &path, json!({"text": format!("Hello {n}")})).await;
            }
            world.market.clock.advance(Duration::from_secs(60));
            vec![world.send(&world.ben, &request.with_field("car_id", "c1")).await]
        })
        .in_state("searches-full")
        .requests(async |request| {
            let world = World::open().await;
            for n in 1..=50 {
                world.done(&world.ben, "POST", "/api/me/searches", json!({"name": "Mine", "filters": {"price_to": n}})).await;
            }
            vec![world.send(&world.ben, &request).await]
        })
        .in_state("favourites-full")
        .requests(async |request| {
            let world = World::open().await;
            let one = |n: usize| Favourite::new(&world.ben.id, &format!("f{n}"), 1, n as i64);
            world.market.bus.given(&(0..100).map(one).collect::<Vec<_>>()).await;
            vec![world.send(&world.ben, &request.with("car_id", "c1")).await]
        })
        .verify()
        .await;
}
