use actix_web::test::TestRequest;
use fm_profile::{
    Cost, FirstAdmin, Limits, MailSettings, Profile, Secret, Setup, Transport,
    messages::{CarNow, CarText, FindPlace, FoundPlace, ShowCar},
    profile,
};
use fm_sdk::{
    Error,
    identity::{Keys, Purpose},
    registry::MemoryRegistry,
    store::Sqlite,
    testing::{FakeClock, HttpReply, MockBus, TestIdentities},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

pub const PASSWORD: &str = "correct horse battery";
pub const ADMIN: &str = "root@example.com";

/// Somebody with an account, signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub access: String,
    pub refresh: String,
    /// What a sign-up or sign-in gave for the device; empty from a refresh.
    pub device: String,
}

impl Person {
    #[track_caller]
    pub fn of(reply: &HttpReply) -> Self {
        assert!(matches!(reply.status, 200 | 201), "{}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        let tokens: Value = reply.json();
        let text = |v: &Value| v.as_str().unwrap().to_string();
        Person {
            id: text(&tokens["user"]["id"]),
            access: text(&tokens["access_token"]),
            refresh: text(&tokens["refresh_token"]),
            device: tokens["device_token"].as_str().unwrap_or_default().to_string(),
        }
    }
}

/// fm-profile, a clock that stands still, a registry that can be cut off.
pub struct Market {
    pub bus: MockBus<Profile>,
    pub clock: FakeClock,
    pub registry: MemoryRegistry,
    /// What was said of the first administrator.
    pub announced: Arc<Mutex<Vec<(String, String)>>>,
    /// What fm-cars has.
    pub cars: Arc<Mutex<BTreeMap<String, CarNow>>>,
    store: Arc<Sqlite>,
    identities: Arc<TestIdentities>,
}

/// A test that does not read mails sends none.
fn nowhere() -> Transport {
    Transport::Folder("/nonexistent/mails".into())
}

impl Market {
    pub fn open() -> Self {
        Self::with(Some("the first administrator"))
    }
    pub fn with(admin_password: Option<&str>) -> Self {
        let registry = MemoryRegistry::new();
        let identities = Arc::new(TestIdentities::in_registry(registry.clone()));
        Self::on(Arc::new(Sqlite::in_memory().unwrap()), registry, identities, admin_password, nowhere())
    }
    /// With mails that go there.
    pub fn mailing(transport: Transport) -> Self {
        let registry = MemoryRegistry::new();
        let identities = Arc::new(TestIdentities::in_registry(registry.clone()));
        Self::on(Arc::new(Sqlite::in_memory().unwrap()), registry, identities, Some("the first administrator"), transport)
    }
    /// Another instance beside this one.
    pub fn twin(&self) -> Self {
        Self::on(self.store.clone(), self.registry.clone(), self.identities.clone(), None, nowhere())
    }
    fn on(
        store: Arc<Sqlite>,
        registry: MemoryRegistry,
        identities: Arc<TestIdentities>,
        admin_password: Option<&str>,
        transport: Transport,
    ) -> Self {
        let clock = FakeClock::at("2026-05-01T09:30:00Z");
        let announced = Arc::<Mutex<Vec<_>>>::default();
        let hears = announced.clone();
        let setup = Setup {
            keys: Arc::new(Keys::in_memory(Purpose::Access).unwrap()),
            token_policy: identities.policy().clone(),
            clock: clock.clock(),
            cost: Cost { memory_kib: 8, passes: 1 },
            at_once: 2,
            limits: Limits::default(),
            mail: MailSettings {
                transport,
                from: "Funny Market <no-reply@market.example>".parse().unwrap(),
                public_url: "https://market.example".into(),
            },
            admin: FirstAdmin {
                email: ADMIN.into(),
                password: admin_password.map(Secret::new),
                announce: Arc::new(move |email, password| hears.lock().unwrap().push((email.into(), password.into()))),
            },
        };
        let cars = Arc::<Mutex<BTreeMap<String, CarNow>>>::default();
        let known = cars.clone();
        let bus = MockBus::with(profile(setup), store.clone(), identities.clone())
            .answer::<ShowCar>(move |m| known.lock().unwrap().get(&m.car).cloned().ok_or_else(|| Error::not_found("car-unknown")));
        let bus = bus.answer::<CarText>(|_| Ok("Anhängerkupplung, Käfer".into()));
        let bus = bus.answer::<FindPlace>(|m| match m.text.as_str() {
            "Berlin" => Ok(FoundPlace { lat: 52.52, lon: 13.405 }),
            _ => Err(Error::not_found("place-unknown")),
        });
        bus.from("fm-cars");
        Market { bus, clock, registry, announced, cars, store, identities }
    }
    /// Lets the service handle the commands for mails that it has sent itself.
    pub async fn mail(&self) {
        self.bus.advance(Duration::ZERO).await;
    }

    /// Sets the service's clock to the present and lets this much time pass for it and for the SDK below it.
    pub async fn pass(&self, time: Duration) {
        let behind = fm_sdk::time::now_ms() - self.clock.clock().now_ms();
        self.clock.advance(Duration::from_millis(behind.max(0).unsigned_abs()) + time);
        self.bus.advance(time).await;
    }
    /// Lets fm-cars have a car of this owner, and gives its id.
    pub fn car(&self, id: &str, owner: &Person, status: &str) -> String {
        let (owner, title, status) = (owner.id.clone(), "BMW 3 Series 2015".into(), status.into());
        let car = CarNow {
            id: id.into(),
            owner,
            title,
            price: 9_900,
            status,
            maker: "bmw".into(),
            model: Some("3er".into()),
            year: 2015,
            ..CarNow::default()
        };
        self.cars.lock().unwrap().insert(id.into(), car);
        id.into()
    }
    pub async fn sign_up(&self, username: &str) -> Person {
        let body = json!({"username": username, "email": format!("{username}@example.com"), "password": PASSWORD});
        Person::of(&self.anyone("POST", "/api/auth/sign-up", body).await)
    }
    pub async fn sign_in(&self, login: &str, password: &str) -> HttpReply {
        self.anyone("POST", "/api/auth/sign-in", json!({"login": login, "password": password})).await
    }
    pub async fn refresh(&self, token: &str) -> HttpReply {
        self.anyone("POST", "/api/auth/refresh", json!({"refresh_token": token})).await
    }
    pub async fn admin(&self) -> Person {
        Person::of(&self.sign_in(ADMIN, "the first administrator").await)
    }
    /// Sends a request without a token.
    pub async fn anyone(&self, method: &str, path: &str, body: Value) -> HttpReply {
        self.bus.sign_out();
        self.bus.http(request(method, path, &body)).await
    }
    /// Sends a request with somebody's access token.
    pub async fn with_token(&self, who: &Person, method: &str, path: &str, body: Value) -> HttpReply {
        self.anyone_with(request(method, path, &body).insert_header(bearer(who))).await
    }
    pub async fn anyone_with(&self, request: TestRequest) -> HttpReply {
        self.bus.sign_out();
        self.bus.http(request).await
    }
    /// Sends a request to a process that may die of [`MockBus::crash_at`]; no answer then.
    pub async fn dying(&self, who: &Person, method: &str, path: &str, body: Value) -> Option<HttpReply> {
        self.bus.sign_out();
        let mut reply = pin!(self.bus.http(request(method, path, &body).insert_header(bearer(who))));
        loop {
            tokio::select! {
                biased;
                reply = &mut reply => return Some(reply),
                () = tokio::task::yield_now() => if self.bus.crashed() { return None }
            }
        }
    }
}

pub fn bearer(who: &Person) -> (&'static str, String) {
    ("Authorization", format!("Bearer {}", who.access))
}

/// A request with this body; `null` is none.
pub fn request(method: &str, path: &str, body: &Value) -> TestRequest {
    let request = TestRequest::default().method(method.parse().unwrap()).uri(path);
    if body.is_null() { request } else { request.set_json(body) }
}
