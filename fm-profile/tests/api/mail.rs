use crate::{
    Market, PASSWORD, Person,
    smtp::{Mail, SmtpServer},
};
use fm_profile::{
    Alert, AlertMail, MailToken, SavedSearch, Transport, User,
    messages::{CarExpiring, CarListed, CarNow, Mail as Asked, SendMail, UserDeleted},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const RESET: &str = "/api/auth/password-reset";
const NEW: &str = "a better password";

/// The market, its mail server, and Ann with a confirmed address.
async fn with_ann() -> (Market, SmtpServer, Person) {
    let server = SmtpServer::start();
    let market = Market::mailing(server.transport());
    let ann = market.sign_up("ann").await;
    market.mail().await;
    let token = server.last().token("confirm-email");
    assert_eq!(market.anyone("PUT", "/api/auth/email-confirmation", json!({ "token": token })).await.status, 204);
    (market, server, ann)
}
/// Asks for a new password and gives the token of the mail.
async fn forgotten(market: &Market, server: &SmtpServer) -> String {
    assert_eq!(market.anyone("POST", RESET, json!({"email": "Ann@example.com"})).await.status, 202);
    market.mail().await;
    server.last().token("new-password")
}
async fn reset(market: &Market, token: &str, password: &str) -> (u16, String) {
    let reply = market.anyone("PUT", RESET, json!({"token": token, "new_password": password})).await;
    (reply.status, if reply.status < 300 { String::new() } else { reply.code() })
}
/// Delivers the command that a confirmation be mailed.
async fn confirm(market: &Market, who: &Person) {
    market.bus.from("fm-profile").sign_out();
    market.bus.command(SendMail { mail: Asked::EmailConfirmation { user: who.id.clone() } }).await.acked();
    market.bus.from("fm-cars");
}
fn about(mail: &Mail) -> String {
    mail.header("Subject")
}

#[actix_rt::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let (market, server, ann) = with_ann().await;
    let (first, second) = (forgotten(&market, &server).await, forgotten(&market, &server).await);
    assert_eq!(server.last().to, ["ann@example.com"]);
    assert_eq!(reset(&market, &second, "short").await, (422, "invalid".into()));
    assert_eq!(reset(&market, &second, NEW).await.0, 204);
    for used in [&first, &second] {
        assert_eq!(reset(&market, used, "yet another password").await, (404, "link-invalid".into()));
    }
    assert_eq!(market.sign_in("ann", PASSWORD).await.status, 401);
    assert_eq!(market.sign_in("ann", NEW).await.status, 200);
    assert_eq!(market.refresh(&ann.refresh).await.code(), "refresh-invalid", "all sessions have ended");
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
}

#[actix_rt::test]
async fn of_two_who_use_a_link_at_once_one_sets_the_password() {
    let (market, server, _) = with_ann().await;
    let token = forgotten(&market, &server).await;
    let twin = market.twin();
    twin.bus.get("/openapi.json").await;
    let (a, b) = futures::join!(reset(&market, &token, NEW), reset(&twin, &token, "another new password"));
    let mut both = [a.0, b.0];
    both.sort_unstable();
    assert_eq!(both, [204, 404]);
}

#[actix_rt::test]
async fn a_link_ends_after_half_an_hour_and_with_any_new_password() {
    let (market, server, ann) = with_ann().await;
    let token = forgotten(&market, &server).await;
    market.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(reset(&market, &token, NEW).await, (404, "link-invalid".into()));
    let token = forgotten(&market, &server).await;
    let change = json!({"old_password": PASSWORD, "new_password": NEW});
    assert_eq!(market.with_token(&ann, "PUT", "/api/me/password", change).await.status, 204);
    assert_eq!(reset(&market, &token, "yet another password").await, (404, "link-invalid".into()));
}

#[actix_rt::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let (market, server, _) = with_ann().await;
    let mut answers = Vec::new();
    for address in ["ann@example.com", "nobody@example.com"] {
        let reply = market.anyone("POST", RESET, json!({ "email": address })).await;
        answers.push((reply.status, reply.body.clone()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(market.bus.sent::<SendMail>().all().iter().filter(|m| matches!(m.mail, Asked::PasswordReset { .. })).count(), 2);
    market.mail().await;
    let resets = server.mails().into_iter().filter(|m| about(m).contains("password")).collect::<Vec<_>>();
    assert_eq!(resets.iter().map(|m| m.to.clone()).collect::<Vec<_>>(), [["ann@example.com"]]);
}

#[actix_rt::test]
async fn mails_to_an_address_are_throttled_whether_an_account_has_it_or_not() {
    let market = Market::open();
    market.sign_up("ann").await;
    for address in ["ann@example.com", "nobody@example.com"] {
        for n in 0..3 {
            assert_eq!(market.anyone("POST", RESET, json!({ "email": address })).await.status, 202, "{address} {n}");
        }
        let reply = market.anyone("POST", RESET, json!({ "email": address.to_uppercase() })).await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (429, "throttled", Some("601")));
    }
}

#[actix_rt::test]
async fn broken_and_foreign_tokens_are_refused() {
    let (market, server, ann) = with_ann().await;
    let patch = json!({"email": "ann@example.org"});
    assert_eq!(market.with_token(&ann, "PATCH", "/api/me", patch).await.json::<Value>()["email_confirmed"], false);
    market.mail().await;
    let confirmation = server.last().token("confirm-email");
    for bad in ["", "fmm_", "fmm_AAAA", "x", &confirmation, &"fmm_".repeat(1000), "\u{0}"] {
        assert_eq!(reset(&market, bad, NEW).await, (404, "link-invalid".into()), "{bad}");
    }
    assert_eq!(market.bus.post(&format!("/api/auth/unsubscribe?token={confirmation}"), json!({})).await.code(), "link-invalid");
}

#[actix_rt::test]
async fn an_address_is_confirmed_once_and_a_new_one_anew() {
    let server = SmtpServer::start();
    let market = Market::mailing(server.transport());
    let ann = market.sign_up("ann").await;
    let confirmed = async || market.with_token(&ann, "GET", "/api/me", Value::Null).await.json::<Value>()["email_confirmed"].clone();
    assert_eq!(confirmed().await, false);
    market.mail().await;
    let first = server.last().token("confirm-email");
    market.with_token(&ann, "PATCH", "/api/me", json!({"email": "ann@example.org"})).await;
    market.mail().await;
    assert_eq!(server.last().to, ["ann@example.org"]);
    let confirm = async |token: &str| market.anyone("PUT", "/api/auth/email-confirmation", json!({ "token": token })).await.status;
    assert_eq!(confirm(&first).await, 404, "that was another address");
    let second = server.last().token("confirm-email");
    assert_eq!((confirm(&second).await, confirm(&second).await), (204, 404));
    assert_eq!(confirmed().await, true);
    assert_eq!(market.with_token(&ann, "POST", "/api/me/email-confirmation", Value::Null).await.code(), "email-confirmed");
    market.with_token(&ann, "PATCH", "/api/me", json!({"username": "anna", "email": "ann@example.org"})).await;
    assert_eq!(confirmed().await, true, "the same address stays confirmed");
}

#[actix_rt::test]
async fn mails_are_in_the_language_of_their_reader() {
    let server = SmtpServer::start();
    let market = Market::mailing(server.transport());
    let body = json!({"username": "jürgen".replace('ü', "ue"), "email": "j@example.com", "password": PASSWORD, "language": "de"});
    market.anyone("POST", "/api/auth/sign-up", body).await;
    market.mail().await;
    let mail = server.last();
    assert!(mail.text().contains("bitte bestätigen Sie") && mail.header("Auto-Submitted") == "auto-generated", "{}", mail.source);
    market.anyone("POST", RESET, json!({"email": "j@example.com", "language": "en"})).await;
    market.mail().await;
    assert!(server.last().text().contains("Choose it here"));
}

#[actix_rt::test]
async fn a_mail_server_that_is_down_costs_no_mail_and_doubles_none() {
    let server = SmtpServer::start();
    let market = Market::mailing(server.transport());
    let ann = market.sign_up("ann").await;
    server.refuse(20, 451);
    server.refuse(20, 535);
    confirm(&market, &ann).await;
    assert_eq!((server.attempts(), server.mails().len()), (42, 2));
    market.bus.redeliver().await.acked();
    assert_eq!(server.mails().len(), 2);
    // The link of whichever attempt got through is good.
    let token = server.last().token("confirm-email");
    assert_eq!(market.anyone("PUT", "/api/auth/email-confirmation", json!({ "token": token })).await.status, 204);
}

#[actix_rt::test]
async fn an_address_that_a_mail_server_refuses_permanently_is_tried_once() {
    let server = SmtpServer::start();
    let market = Market::mailing(server.transport());
    server.refuse(1, 550);
    market.sign_up("ann").await;
    market.mail().await;
    assert_eq!((server.attempts(), server.mails().len()), (1, 0));
}

#[actix_rt::test]
async fn a_process_that_dies_sends_a_mail_again_under_the_same_id() {
    for after in [false, true] {
        for step in 1..30 {
            let server = SmtpServer::start();
            let market = Market::mailing(server.transport());
            let ann = market.sign_up("ann").await;
            let before = server.mails().len();
            market.bus.crash_at(step, after);
            confirm(&market, &ann).await;
            let crashed = market.bus.crashed();
            let ids: BTreeSet<String> = server.mails()[before..].iter().map(|m| m.header("Message-ID")).collect();
            assert_eq!(ids.len(), 1, "step {step}, after {after}");
            if !crashed {
                break;
            }
        }
    }
}

#[actix_rt::test]
async fn nothing_that_is_sent_or_kept_has_a_token() {
    let (market, server, _) = with_ann().await;
    let token = forgotten(&market, &server).await;
    let kept = market.bus.work().docs::<MailToken>().list().await.unwrap();
    let sent = market.bus.sent::<SendMail>().all();
    let all = format!(
        "{} {}",
        serde_json::to_string(&kept.iter().map(|t| &**t).collect::<Vec<_>>()).unwrap(),
        serde_json::to_string(&sent).unwrap()
    );
    assert!(!all.contains(&token["fmm_".len()..]), "{all}");
}

#[actix_rt::test]
async fn a_message_is_mailed_once_until_it_is_read_and_not_to_who_does_not_want_it() {
    let (market, server, ann) = with_ann().await;
    let ben = market.sign_up("ben").await;
    market.car("c1", &ann, "listed");
    let write = async |text: &str| {
        let reply = market.with_token(&ben, "POST", "/api/me/conversations", json!({"car_id": "c1", "text": text})).await;
        assert_eq!(reply.status, 201);
        market.mail().await;
        reply.json::<Value>()["id"].as_str().unwrap().to_owned()
    };
    let to_ann = || server.mails().into_iter().filter(|m| m.to == ["ann@example.com"] && about(m).contains("message")).collect::<Vec<_>>();
    let id = write("Is it still there?").await;
    write("Hello?").await;
    assert_eq!(to_ann().len(), 1);
    let mail = server.last();
    assert!(!mail.source.contains("still there") && mail.text().contains(&format!("/inbox/{id}")), "{}", mail.source);
    market.with_token(&ann, "PUT", &format!("/api/me/conversations/{id}/read"), json!({"messages": 2})).await;
    write("One more thing").await;
    assert_eq!(to_ann().len(), 2);
    // The answer goes to Ben, whose address is not confirmed.
    market.with_token(&ann, "POST", &format!("/api/me/conversations/{id}/messages"), json!({"text": "Yes"})).await;
    market.mail().await;
    assert_eq!(to_ann().len(), 2);
    // Mail programs send a form to the address in the header.
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let stop = mail.token("unsubscribe");
    assert!(
        mail.source.replace("\r\n ", "").contains(&format!("<https://market.example/api/auth/unsubscribe?token={stop}>")),
        "{}",
        mail.source
    );
    assert_eq!(market.anyone("POST", &format!("/api/auth/unsubscribe?token={stop}"), Value::Null).await.status, 204);
    let wishes: Value = market.with_token(&ann, "GET", "/api/me/mail", Value::Null).await.json();
    assert_eq!(wishes, json!({"messages": false, "alerts": true, "language": "en"}));
    market.with_token(&ann, "PUT", &format!("/api/me/conversations/{id}/read"), json!({"messages": 4})).await;
    write("And another").await;
    assert_eq!(to_ann().len(), 2);
}

/// fm-cars says that the ad of a car expires then; twice, as messages may come.
async fn expiring(market: &Market, id: &str, expires: &str) {
    market.bus.sign_out();
    let car = CarNow { expires: Some(expires.into()), ..market.cars.lock().unwrap()[id].clone() };
    market.bus.deliver(CarExpiring { car }).await.acked();
    market.bus.redeliver().await.acked();
}

#[actix_rt::test]
async fn a_seller_is_written_to_before_an_ad_expires_and_renews_it_from_the_mail() {
    let (market, server, ann) = with_ann().await;
    let ben = market.sign_up("ben").await;
    market.mail().await;
    let before = server.mails().len();
    let (told, renewed) = ("2026-05-08T09:30:00.000Z", "2026-06-30T09:30:00.000Z");
    for (id, owner, expires) in
        [("c1", &ann, Some(told)), ("renewed", &ann, Some(renewed)), ("sold", &ann, None), ("bens", &ben, Some(told))]
    {
        market.car(id, owner, "listed");
        market.cars.lock().unwrap().get_mut(id).unwrap().expires = expires.map(str::to_owned);
        expiring(&market, id, told).await;
    }
    market.mail().await;
    let mails = server.mails().split_off(before);
    assert_eq!(mails.iter().map(|m| m.to.clone()).collect::<Vec<_>>(), [["ann@example.com"]], "Ben has not confirmed his address");
    assert_eq!(about(&mails[0]), "Renew your ad: BMW 3 Series 2015");
    let text = mails[0].text();
    assert!(text.contains("expires on 8 May 2026.") && text.contains("https://market.example/my/cars/c1/renew"), "{text}");
    // On the site it is told too, once, whether or not the address is confirmed.
    for (who, count) in [(&ann, 3), (&ben, 1)] {
        let told: Value = market.with_token(who, "GET", "/api/me/alerts", Value::Null).await.json();
        let items = told["items"].as_array().unwrap();
        assert_eq!(items.len(), count, "{told}");
        assert!(items.iter().all(|a| a["kind"] == "ad_expires" && a["search_id"].is_null() && a["seen"] == false), "{told}");
    }
}

#[actix_rt::test]
async fn a_seller_who_is_told_late_reads_that_the_ad_has_expired() {
    let (market, server, ann) = with_ann().await;
    let german = json!({"messages": true, "alerts": true, "language": "de"});
    market.with_token(&ann, "PUT", "/api/me/mail", german).await;
    market.car("c1", &ann, "expired");
    market.cars.lock().unwrap().get_mut("c1").unwrap().expires = Some("2026-05-01T09:00:00.000Z".into());
    expiring(&market, "c1", "2026-05-01T09:00:00.000Z").await;
    market.mail().await;
    let text = server.last().text();
    assert!(text.contains("ist am 1.5.2026 abgelaufen"), "{text}");
}

fn bmw(n: usize) -> CarNow {
    CarNow {
        id: format!("c{n}"),
        owner: "seller".into(),
        title: "BMW 3 Series 2015".into(),
        maker: "bmw".into(),
        year: 2015,
        price: 9_900,
        status: "listed".into(),
        ..CarNow::default()
    }
}
/// Cars are listed, as fm-cars tells it.
async fn list(market: &Market, cars: std::ops::Range<usize>) {
    market.bus.sign_out();
    for n in cars {
        market.bus.deliver(CarListed { car: bmw(n) }).await.acked();
    }
}
async fn save(market: &Market, who: &Person) {
    let reply = market.with_token(who, "POST", "/api/me/searches", json!({"name": "Mine", "filters": {"maker": ["bmw"]}})).await;
    assert_eq!(reply.status, 201);
}
fn of_alerts(server: &SmtpServer) -> Vec<String> {
    server.mails().iter().map(Mail::text).filter(|text| text.contains("saved searches and favourites")).collect()
}

#[actix_rt::test]
async fn alerts_are_collected_into_one_mail_and_each_is_mailed_once() {
    let (market, server, ann) = with_ann().await;
    save(&market, &ann).await;
    list(&market, 0..25).await;
    for _ in 0..2 {
        market.bus.run_job("mail-alerts").await;
    }
    let first = of_alerts(&server);
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].matches("/cars/c").count(), first[0].contains("and 5 more")), (20, true), "{}", first[0]);
    list(&market, 25..26).await;
    market.bus.given(&[AlertMail { id: ann.id.clone(), alerts: Vec::new(), at: 0 }]).await;
    market.bus.run_job("mail-alerts").await;
    assert_eq!(of_alerts(&server).len(), 1, "one is on its way");
    market.bus.work().doc::<AlertMail>(&ann.id).remove(|_, _| Ok(())).await.unwrap();
    for _ in 0..2 {
        market.bus.run_job("mail-alerts").await;
    }
    let all = of_alerts(&server);
    assert_eq!(all.len(), 2);
    assert!(all[1].contains("New: BMW 3 Series 2015, €9,900\r\nhttps://market.example/cars/c25\r\n"), "{}", all[1]);
}

#[actix_rt::test]
async fn alerts_that_were_seen_or_are_not_wanted_are_not_mailed() {
    let (market, server, ann) = with_ann().await;
    let ben = market.sign_up("ben").await;
    for who in [&ann, &ben] {
        save(&market, who).await;
    }
    list(&market, 0..1).await;
    let told: Value = market.with_token(&ann, "GET", "/api/me/alerts", Value::Null).await.json();
    market.with_token(&ann, "PUT", "/api/me/alerts/seen", json!({"alerts": [told["items"][0]["id"]]})).await;
    market.bus.run_job("mail-alerts").await;
    let off = json!({"messages": true, "alerts": false, "language": "en"});
    market.mail().await;
    market.with_token(&ann, "PUT", "/api/me/mail", off).await;
    list(&market, 1..2).await;
    market.bus.run_job("mail-alerts").await;
    market.mail().await;
    assert_eq!(of_alerts(&server), Vec::<String>::new());
    assert_eq!(market.bus.work().docs::<AlertMail>().count().await.unwrap(), 0);
}

#[actix_rt::test]
async fn mails_of_alerts_are_sent_once_each_whenever_the_process_dies() {
    for after in [false, true] {
        for step in 1..40 {
            let (market, server, ann) = with_ann().await;
            market
                .bus
                .given(&[SavedSearch::new(&ann.id, "Mine".into(), serde_json::from_value(json!({"maker": ["bmw"]})).unwrap(), 0)])
                .await;
            list(&market, 0..3).await;
            let told = market.bus.work().docs::<Alert>().list().await.unwrap();
            let listed = AlertMail { id: ann.id.clone(), alerts: told.iter().map(|a| a.id.clone()).collect(), at: 0 };
            market.bus.given(&[listed]).await;
            market.bus.from("fm-profile");
            market.bus.crash_at(step, after);
            market.bus.command(SendMail { mail: Asked::Alerts { user: ann.id.clone() } }).await.acked();
            let crashed = market.bus.crashed();
            let alerts: Vec<Mail> = server.mails().into_iter().filter(|m| m.text().contains("favourites")).collect();
            let ids: BTreeSet<String> = alerts.iter().map(|m| m.header("Message-ID")).collect();
            assert_eq!(ids.len(), 1, "step {step}, after {after}");
            assert!(alerts.iter().all(|m| m.text().matches("/cars/c").count() == 3), "step {step}, after {after}");
            assert_eq!(market.bus.work().docs::<AlertMail>().count().await.unwrap(), 0);
            if !crashed {
                break;
            }
        }
    }
}

#[actix_rt::test]
async fn a_deleted_account_gets_no_mail_and_leaves_no_link() {
    let (market, server, ann) = with_ann().await;
    let token = forgotten(&market, &server).await;
    let before = server.mails().len();
    market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    market.anyone("POST", RESET, json!({"email": "ann@example.com"})).await;
    confirm(&market, &ann).await;
    assert_eq!(server.mails().len(), before);
    assert_eq!(reset(&market, &token, NEW).await, (404, "link-invalid".into()));
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.acked();
    assert_eq!(market.bus.work().docs::<MailToken>().filter(MailToken::user.eq(&ann.id)).count().await.unwrap(), 0);
    assert!(!market.bus.work().doc::<User>(&ann.id).need().await.unwrap().email_confirmed);
}

#[actix_rt::test]
async fn without_a_mail_server_each_mail_is_a_file() {
    let folder = std::env::temp_dir().join(format!("fm-profile-mails-{}", std::process::id()));
    let market = Market::mailing(Transport::Folder(folder.clone()));
    market.sign_up("ann").await;
    market.mail().await;
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let mail = std::fs::read_to_string(&files[0]).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        files[0].extension().is_some_and(|e| e == "eml")
            && mail.contains("To: ann@example.com")
            && mail.contains("/confirm-email?token=3Dfmm_"),
        "{mail}"
    );
}
