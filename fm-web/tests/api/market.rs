//! A gateway that answers what a test says.

use crate::{browser::Browser, published::Published};
use actix_web::test::TestRequest;
use fm_sdk::testing::{HttpReply, MockBus};
use fm_web::{Own, Web, web};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use wiremock::{Mock, MockBuilder, MockServer, Respond, ResponseTemplate, matchers};

pub const CAR: &str = "0197c0de-0000-7000-8000-000000000001";
pub const OWNER: &str = "0197c0de-0000-7000-8000-00000000a001";

/// What a page answered.
pub struct Page {
    pub status: u16,
    pub html: String,
    pub headers: actix_web::http::header::HeaderMap,
}

impl Page {
    #[track_caller]
    pub fn has(&self, part: &str) -> &Self {
        assert!(self.html.contains(part), "{part:?} is not in\n{}", self.html);
        self
    }
    #[track_caller]
    pub fn lacks(&self, part: &str) -> &Self {
        assert!(!self.html.contains(part), "{part:?} is in\n{}", self.html);
        self
    }
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.html);
        self
    }
    pub fn cookies(&self) -> Vec<String> {
        self.headers.get_all("set-cookie").map(|v| v.to_str().unwrap().to_owned()).collect()
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

pub struct Market {
    /// Out of the tests' reach: what it answers goes through [`described`].
    gateway: Rc<MockServer>,
    /// What no service would take of what fm-web has sent.
    faults: Arc<Mutex<Vec<String>>>,
    bus: MockBus<Web>,
    rules: Cell<u8>,
}

impl Drop for Market {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_described();
        }
    }
}

/// An answer of this status, and the check of the request.
struct Checked<R> {
    status: u16,
    answer: R,
    faults: Arc<Mutex<Vec<String>>>,
}

impl<R: Respond> Respond for Checked<R> {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        if let Err(fault) = Published::get().check_request(request, self.status) {
            let asked = &request.url[url::Position::BeforePath..];
            self.faults.lock().unwrap().push(format!("{} {asked}: {fault}", request.method));
        }
        self.answer.respond(request)
    }
}

impl Market {
    /// A gateway that knows nothing yet: 404 for everything.
    pub async fn empty() -> Self {
        Market::at(None).await
    }
    /// A market with one car and all services up, known to people under this URL.
    pub async fn known_as(public_url: &str) -> Self {
        Market::at(Some(public_url)).await.filled().await
    }
    /// The same, known to people under this URL.
    pub async fn at(public_url: Option<&str>) -> Self {
        Market::start(public_url, false).await
    }
    /// A market with one car and all services up, whose pages are being developed.
    pub async fn with_design_page() -> Self {
        Market::start(None, true).await.filled().await
    }
    async fn start(public_url: Option<&str>, design_page: bool) -> Self {
        let market = Market::before(Rc::new(MockServer::start().await), Arc::default(), public_url, design_page);
        market.mount(Mock::given(matchers::any()), 404, ResponseTemplate::new(404), u8::MAX).await;
        market
    }
    fn before(gateway: Rc<MockServer>, faults: Arc<Mutex<Vec<String>>>, public_url: Option<&str>, design_page: bool) -> Self {
        let public_url = public_url.map(|url| url.parse().unwrap());
        let own = Own { gateway: gateway.uri().parse().unwrap(), public_url, legal: None, design_page };
        Market { bus: MockBus::for_service(web(own)), rules: Cell::new(0), faults, gateway }
    }
    /// Another instance before the same gateway.
    pub fn twin(&self) -> Self {
        Market::before(self.gateway.clone(), self.faults.clone(), None, false)
    }
    /// Fails if fm-web has sent what no service describes.
    #[track_caller]
    pub fn assert_described(&self) {
        let faults = std::mem::take(&mut *self.faults.lock().unwrap());
        assert!(faults.is_empty(), "fm-web sends what no service takes:\n{}", faults.join("\n"));
    }
    fn mount<'m, R: Respond + 'static>(
        &'m self,
        asked: MockBuilder,
        status: u16,
        answer: R,
        priority: u8,
    ) -> impl Future<Output = ()> + use<'m, R> {
        let answer = Checked { status, answer, faults: self.faults.clone() };
        asked.respond_with(answer).with_priority(priority).mount(&self.gateway)
    }
    /// A market with one car and all services up.
    pub async fn new() -> Self {
        Market::empty().await.filled().await
    }
    async fn filled(self) -> Self {
        let market = self;
        market
            .answers(
                "GET",
                "/api/catalogue/makers",
                200,
                json!({"items": [{"value": "bmw", "label": "BMW"}, {"value": "audi", "label": "Audi"}]}),
            )
            .await;
        market.answers("GET", "/api/catalogue/models", 200, json!({"items": [{"value": "3er", "label": "3 Series"}]})).await;
        market.answers("GET", "/api/catalogue/options", 200, json!({"items": [{"value": "abs", "label": "Anti-lock brakes (ABS)"}]})).await;
        market.answers("GET", "/api/cars", 200, json!({"items": [car()], "total": 1, "page": 1, "per_page": 24})).await;
        market.answers("GET", "/api/cars/facets", 200, facets()).await;
        market.answers("GET", "/api/cars/count", 200, json!({"count": 1})).await;
        market.answers("GET", &format!("/api/cars/{CAR}"), 200, car()).await;
        market
            .answers(
                "GET",
                &format!("/api/cars/{CAR}/price-history"),
                200,
                json!({"items": [
            {"at": "2026-01-01T00:00:00.000Z", "price": 11_000}, {"at": "2026-02-01T00:00:00.000Z", "price": 9_900}]}),
            )
            .await;
        market
            .answers(
                "GET",
                &format!("/api/profiles/{OWNER}"),
                200,
                json!({"user_id": OWNER, "username": "anna", "name": "Anna Berger",
            "phone": null, "phone_masked": "+49 341 ••• ••23", "seller_type": "private", "member_since": "2025-11-02T10:00:00.000Z"}),
            )
            .await;
        market.answers("GET", "/api/tracks/latest", 200, json!({"items": [
            {"car_id": CAR, "title": "BMW 3 Series 2015", "price": 9_900, "image": null, "added": "2026-01-01T00:00:00.000Z", "views": 1}]})).await;
        market.answers("POST", "/api/tracks/views", 204, Value::Null).await;
        market.answers("GET", &format!("/api/tracks/views/{CAR}"), 200, json!({"car_id": CAR, "views": 1_204})).await;
        market
    }
    /// Lets the gateway answer; the last word on a path counts. The service that answers there must describe such an answer.
    #[track_caller]
    pub fn answers<'m>(&'m self, method: &str, path: &str, status: u16, body: Value) -> impl Future<Output = ()> + use<'m> {
        self.responds(method, path, status, described(method, path, status, &body))
    }
    /// Lets the gateway answer what no service describes, to see what becomes of it.
    #[track_caller]
    pub fn answers_undescribed<'m>(&'m self, path: &str, status: u16, body: Value) -> impl Future<Output = ()> + use<'m> {
        let fault = Published::get().media_type("GET", path, status, &body);
        assert!(fault.is_err(), "GET {path}: {status} is described: use `answers`");
        self.responds("GET", path, status, ResponseTemplate::new(status).set_body_json(body))
    }
    /// Lets the gateway answer one after the other, and then from the first again.
    pub fn answers_in_turn<'m, const N: usize>(
        &'m self,
        method: &str,
        path: &str,
        status: u16,
        bodies: [Value; N],
    ) -> impl Future<Output = ()> + use<'m, N> {
        let (answers, count) = (bodies.each_ref().map(|body| described(method, path, status, body)), AtomicUsize::new(0));
        self.responds(method, path, status, move |_: &wiremock::Request| answers[count.fetch_add(1, Relaxed) % N].clone())
    }
    fn responds<'m, R: Respond + 'static>(
        &'m self,
        method: &str,
        path: &str,
        status: u16,
        answer: R,
    ) -> impl Future<Output = ()> + use<'m, R> {
        let priority = 250 - self.rules.replace(self.rules.get() + 1);
        self.mount(Mock::given(matchers::method(method)).and(matchers::path(path)), status, answer, priority)
    }
    /// Lets the gateway answer requests that ask for this.
    #[track_caller]
    pub fn answers_query<'m>(
        &'m self,
        path: &str,
        name: &str,
        value: &str,
        status: u16,
        body: Value,
    ) -> impl Future<Output = ()> + use<'m> {
        let asked = Mock::given(matchers::method("GET")).and(matchers::path(path)).and(matchers::query_param_contains(name, value));
        self.mount(asked, status, described("GET", path, status, &body), 1)
    }
    /// What the gateway was asked, of whatever path.
    pub async fn requests(&self) -> Vec<wiremock::Request> {
        self.gateway.received_requests().await.unwrap()
    }
    /// What the gateway was asked.
    pub async fn asked(&self, method: &str, path: &str) -> Vec<wiremock::Request> {
        self.requests().await.into_iter().filter(|r| r.method.as_str() == method && r.url.path() == path).collect()
    }
    /// Lets the gateway keep silent about a path.
    pub async fn hangs(&self, path: &str) {
        let silence = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(60));
        self.mount(Mock::given(matchers::path(path)), 200, silence, 1).await;
    }
    pub async fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }
    /// A browser in which ben is signed in, who has no car.
    pub async fn signed_in_buyer(&self) -> Browser<'_> {
        self.browser().await.with_cookie("fm_access", "access-2").with_cookie("fm_refresh", "refresh-2").person("u-2", "ben")
    }
    /// A browser in which anna is signed in, who owns the car.
    pub async fn signed_in(&self) -> Browser<'_> {
        self.browser().await.with_cookie("fm_access", "access-1").with_cookie("fm_refresh", "refresh-1").person(OWNER, "anna")
    }
    pub async fn get(&self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path)).await
    }
    /// What was answered, whatever it is.
    pub async fn raw(&self, request: TestRequest) -> HttpReply {
        self.bus.http(request.insert_header(("host", "market.example"))).await
    }
    pub async fn send(&self, request: TestRequest) -> Page {
        let reply = self.raw(request).await;
        Page { status: reply.status, html: String::from_utf8(reply.body).unwrap(), headers: reply.headers }
    }
}

/// An answer as the service that answers there describes it; `null` is no body.
#[track_caller]
fn described(method: &str, path: &str, status: u16, body: &Value) -> ResponseTemplate {
    let answer = ResponseTemplate::new(status);
    match Published::get().media_type(method, path, status, body) {
        Ok(Some(media)) => answer.set_body_raw(body.to_string(), media),
        Ok(None) => answer,
        Err(fault) => panic!("a fake of {method} {path}, {status}: {fault}\n{body:#}"),
    }
}

pub fn car() -> Value {
    json!({"id": CAR, "title": "BMW 3 Series 2015", "maker": "bmw", "model": "3er", "body": "sedan", "description": "No rust.", "price": 9_900,
        "year": 2015, "mileage": 123_456, "color": "blue", "engine": "diesel", "gearbox": "manual", "power_ps": 150, "options": ["abs"],
        "location": {"postal_code": "04109", "town": "Leipzig"}, "images": [], "owner_id": OWNER, "status": "listed",
        "added": "2026-01-01T00:00:00.000Z", "updated": "2026-02-01T00:00:00.000Z"})
}

/// A picture of a car.
pub fn picture(key: &str) -> Value {
    json!({"key": key, "url": format!("/images/{key}/full"), "thumb_url": format!("/images/{key}/thumb"), "width": 800, "height": 600})
}

/// Anna's account.
pub fn account() -> Value {
    json!({"id": OWNER, "username": "anna", "email": "a@b.de", "email_confirmed": true, "roles": ["user"], "created": "2025-11-02T10:00:00.000Z"})
}

/// Anna's conversation with ben, who has asked about her car, as lists have it.
pub fn conversation_summary() -> Value {
    json!({"id": "c-1", "car": {"id": CAR, "title": "BMW 3 Series 2015", "price": 9_900, "image": null}, "role": "seller",
        "with": {"user_id": "u-2", "name": "Ben <b>", "deleted": false}, "unread": 2,
        "last": {"id": "m-2", "mine": false, "text": "Hello?", "at": "2026-03-02T10:00:00.000Z"}})
}

/// The same with its messages.
pub fn conversation() -> Value {
    let mut conversation = conversation_summary();
    conversation["messages"] = json!([{"id": "m-1", "mine": false, "text": "Is it still there?\n<script>", "at": "2026-03-01T10:00:00.000Z"},
        {"id": "m-2", "mine": false, "text": "Hello?", "at": "2026-03-02T10:00:00.000Z"}]);
    conversation
}

pub fn facets() -> Value {
    json!({"total": 1, "facets": {"maker": [{"value": "bmw", "count": 1}, {"value": "audi", "count": 0}], "model": [{"value": "3er", "count": 1}],
        "body": [{"value": "sedan", "count": 1}], "engine": [{"value": "diesel", "count": 1}], "gearbox": [], "color": [{"value": "blue", "count": 1}],
        "option": [{"value": "abs", "count": 1}]}})
}

/// What a service answers that refuses.
pub fn problem(status: u16, code: &str) -> Value {
    json!({"type": "about:blank", "title": code, "status": status, "detail": "x", "code": code, "trace_id": ""})
}

/// What a service answers that refuses single fields.
pub fn problem_of(status: u16, code: &str, errors: Value) -> Value {
    let mut problem = problem(status, code);
    problem["errors"] = errors;
    problem
}

pub fn unavailable() -> Value {
    problem(503, "no-instance")
}

#[cfg(test)]
mod tests {
    use super::Market;
    use fm_sdk::http::Client;

    #[actix_web::test]
    #[should_panic = "fm-web sends what no service takes:\nGET /api/cars?wheels=4: fm-cars describes no parameter `wheels` of /api/cars"]
    async fn a_test_fails_in_which_a_request_is_sent_that_no_service_describes() {
        let market = Market::new().await;
        let client = Client::at(&market.gateway.uri().parse().unwrap());
        assert_eq!(client.get("fm-gateway", "/api/cars?wheels=4").send().await.unwrap().status, 200);
    }
}
