//! A browser that remembers cookies which a test gives it, and the token of forms.

use crate::market::{Market, Page};
use actix_web::test::TestRequest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The token as the cookie has it, and as a form does: behind a pad of zeros.
const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz012345";
const SENT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAabcdefghijklmnopqrstuvwxyz012345";

pub struct Browser<'m> {
    market: &'m Market,
    cookies: Vec<(String, String)>,
    forwarded_for: Option<&'static str>,
}

impl<'m> Browser<'m> {
    pub fn new(market: &'m Market) -> Self {
        Browser { market, cookies: vec![("fm_form".into(), TOKEN.into())], forwarded_for: None }
    }
    pub fn with_cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push((name.into(), value.into()));
        self
    }
    pub fn forgetting(mut self, name: &str) -> Self {
        self.cookies.retain(|(n, _)| n != name);
        self
    }
    /// Behind a proxy that says that the reader is there.
    pub fn forwarded_for(mut self, address: &'static str) -> Self {
        self.forwarded_for = Some(address);
        self
    }
    /// Takes over the cookies of an answer.
    pub fn keeps(&mut self, page: &Page) {
        for cookie in page.cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !cookie.contains("Max-Age=0") {
                self.cookies.push((name.into(), value.into()));
            }
        }
    }
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    pub fn person(self, id: &str, name: &str) -> Self {
        let json = serde_json::json!({"id": id, "username": name}).to_string();
        self.with_cookie("fm_user", &URL_SAFE_NO_PAD.encode(json))
    }
    /// As a browser keeps them that came over https.
    pub fn over_https(mut self) -> Self {
        for (name, _) in &mut self.cookies {
            *name = format!("__Host-{name}");
        }
        self
    }
    async fn send(&self, mut request: TestRequest) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        request = request.insert_header(("cookie", cookies.join("; ")));
        if let Some(address) = self.forwarded_for {
            request = request.insert_header(("x-forwarded-for", address));
        }
        self.market.send(request).await
    }
    pub async fn get(&self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path)).await
    }
    fn form(&self, path: &str, fields: &[(&str, &str)], token: Option<&str>) -> TestRequest {
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .extend_pairs(token.map(|t| ("form_token", t)))
            .finish();
        TestRequest::post().uri(path).insert_header(("content-type", "application/x-www-form-urlencoded")).set_payload(body)
    }
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.form(path, fields, Some(SENT))).await
    }
    /// As a script sends a form.
    pub async fn post_for_json(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.form(path, fields, Some(SENT)).insert_header(("accept", "application/json"))).await
    }
    pub async fn without_token(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.form(path, fields, None)).await
    }
    pub async fn with_token(&self, path: &str, fields: &[(&str, &str)], token: &str) -> Page {
        self.send(self.form(path, fields, Some(token))).await
    }
    pub async fn post_from(&self, path: &str, fields: &[(&str, &str)], origin: &str) -> Page {
        self.send(self.form(path, fields, Some(SENT)).insert_header(("origin", origin))).await
    }
    pub async fn upload(&self, car: &str, media: &str, body: &str, accept: &str) -> Page {
        let request = TestRequest::post().uri(&format!("/my/cars/{car}/pictures?form_token={SENT}"));
        self.send(request.insert_header(("content-type", media)).insert_header(("accept", accept)).set_payload(body.to_owned())).await
    }
}
