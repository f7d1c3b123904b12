//! One browser, several tabs, two copies of everything: each tab renews the session by itself, wherever its request arrives.

use market_tests::{Answer, Caller, Market, Person, wait_until};
use serde_json::json;
use std::{collections::BTreeMap, panic::resume_unwind, sync::Barrier, thread, time::Duration};

const SERVICES: [&str; 5] = ["fm-cars", "fm-image", "fm-profile", "fm-tracker", "fm-web"];

/// A browser in which somebody is signed in. Its tabs share its cookies.
#[derive(Clone, Debug, Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    /// Signs in with the form of the site.
    fn signed_in(market: &Market, person: &Person) -> Self {
        let mut browser = Browser::default();
        let page = browser.get(&market.anyone(), "/sign-in").expect(200);
        browser.keep(&page);
        let html = page.text();
        let token = html.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_else(|| panic!("there is no form in {html}"));
        let form = format!("login={}&password={}&form_token={token}", person.username, person.password);
        let sent = market.anyone().with("cookie", &browser.cookies()).send(
            "POST",
            "/sign-in",
            Some(("application/x-www-form-urlencoded", form.as_bytes())),
        );
        browser.keep(&sent.expect(303));
        browser
    }

    fn cookies(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn get(&self, at: &Caller, path: &str) -> Answer {
        at.clone().with("cookie", &self.cookies()).get(path)
    }

    /// Takes over the cookies of an answer.
    fn keep(&mut self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            match cookie.contains("Max-Age=0") {
                true => self.0.remove(name),
                false => self.0.insert(name.into(), value.into()),
            };
        }
    }

    /// Lets the access token's time pass: a browser forgets a cookie at the end of its `Max-Age`.
    fn outlives_its_access_token(&mut self) {
        self.0.remove("fm_access");
    }

    fn refresh_token(&self) -> &str {
        self.0.get("fm_refresh").map_or("", String::as_str)
    }
}

/// Opens a page that only somebody who is signed in can see, at each copy at the same moment.
fn open_tabs(browsers: &[Browser], copies: &[Caller; 2]) -> Vec<[Answer; 2]> {
    let start = Barrier::new(2 * browsers.len());
    thread::scope(|scope| {
        let tab = |browser, copy: &'_ Caller| {
            let (copy, start) = (copy.clone(), &start);
            let browser: &Browser = browser;
            scope.spawn(move || {
                start.wait();
                browser.get(&copy, "/my/cars")
            })
        };
        let tabs: Vec<_> = browsers.iter().map(|browser| [tab(browser, &copies[0]), tab(browser, &copies[1])]).collect();
        tabs.into_iter().map(|pair| pair.map(|tab| tab.join().unwrap_or_else(|panic| resume_unwind(panic)))).collect()
    })
}

fn scale(market: &Market, services: &[&str], copies: usize) {
    for service in services {
        market.script("scale", &[service, &copies.to_string()]);
        wait_until("all copies are registered", Duration::from_secs(15), || market.registered(service).len() == copies);
    }
}

/// Both copies of fm-web.
fn copies(market: &Market) -> [Caller; 2] {
    ["fm-web", "fm-web-2"].map(|name| market.at_url(&market.url_of(name)))
}

#[test]
fn fifty_pairs_of_tabs_that_renew_at_once_at_two_copies_stay_signed_in() {
    let _mine = crate::instances_are_mine();
    let market = Market::running();
    scale(&market, &SERVICES, 2);
    let people: Vec<Person> = (0..10).map(|_| market.someone()).collect();
    let mut browsers: Vec<Browser> = people.iter().flat_map(|person| (0..5).map(|_| Browser::signed_in(&market, person))).collect();

    let mut signed_out = 0;
    for round in 0..2 {
        browsers.iter_mut().for_each(Browser::outlives_its_access_token);
        let pairs = open_tabs(&browsers, &copies(&market));
        for (n, (browser, pair)) in browsers.iter_mut().zip(&pairs).enumerate() {
            let before = browser.refresh_token().to_owned();
            let tabs = pair.each_ref().map(|answer| {
                let mut tab = browser.clone();
                tab.keep(answer);
                signed_out += usize::from(answer.status != 200 || !tab.0.contains_key("fm_access"));
                tab
            });
            assert_eq!(tabs[0].refresh_token(), tabs[1].refresh_token(), "round {round}: both tabs go on with one token");
            assert_ne!(tabs[0].refresh_token(), before, "round {round}: it is a new one");
            // The cookies of the one or of the other arrive last.
            let last = (n + round) % 2;
            browser.keep(&pair[1 - last]);
            browser.keep(&pair[last]);
            signed_out += usize::from(browser.get(&market.anyone(), "/account").status != 200);
        }
    }
    assert_eq!((browsers.len(), signed_out), (50, 0));
    scale(&market, &SERVICES, 1);
}

#[test]
fn an_old_token_that_is_replayed_at_another_copy_ends_its_session_and_no_other() {
    let _mine = crate::instances_are_mine();
    let market = Market::running();
    scale(&market, &["fm-profile", "fm-web"], 2);
    let person = market.someone();
    let [mut browser, mut other] = [(); 2].map(|()| Browser::signed_in(&market, &person));
    let [here, there] = copies(&market);
    let stolen = browser.clone();
    for copy in [&here, &there] {
        browser.outlives_its_access_token();
        let page = browser.get(copy, "/my/cars").expect(200);
        browser.keep(&page);
    }
    let replay = json!({ "refresh_token": stolen.refresh_token() });
    market.anyone().post("/api/auth/refresh", replay).expect_problem(401, "refresh-reused");
    market.anyone().post("/api/auth/refresh", json!({ "refresh_token": browser.refresh_token() })).expect_problem(401, "refresh-invalid");
    browser.outlives_its_access_token();
    for copy in [&here, &there] {
        assert_eq!(browser.get(copy, "/my/cars").expect(303).header("location"), Some("/sign-in?to=%2Fmy%2Fcars"));
    }
    other.outlives_its_access_token();
    other.get(&there, "/my/cars").expect(200);
    scale(&market, &["fm-profile", "fm-web"], 1);
}
