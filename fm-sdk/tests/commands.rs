//! Commands that HTTP handlers and jobs send, through the outbox.

use fm_sdk::{Cx, Error, Kind, Result, Service, Work, actix_web::web, messages, testing::MockBus};
use std::time::Duration;

messages! {
    command "fm-printer/print" from "fm-shop" Print { order: String }
    command "fm-printer/clean" from "fm-printer" Clean {}
    command "fm-shop/obey" from any Obey {}
}

async fn order(work: Work, id: web::Path<String>) -> Result<&'static str> {
    work.repeatable("u1", &id).send(Print { order: id.clone() }).await?;
    Ok("ordered")
}

fn shop() -> Service<()> {
    Service::new("fm-shop", ())
        .http(|cfg| {
            cfg.route("/orders/{id}", web::post().to(order));
        })
        .every(Duration::from_secs(3600), "nightly", async |_, work: Work| work.send(Print { order: "nightly".into() }).await)
}

#[actix_rt::test]
async fn a_command_of_a_repeated_request_is_sent_once() {
    let bus = MockBus::for_service(shop());
    for order in ["a", "a", "b"] {
        assert_eq!(bus.post(&format!("/orders/{order}"), ()).await.status, 200);
    }
    assert_eq!(bus.sent::<Print>().all().into_iter().map(|p| p.order).collect::<Vec<_>>(), ["a", "b"]);
}

#[actix_rt::test]
async fn a_job_sends_a_command_in_each_run() {
    let bus = MockBus::for_service(shop());
    bus.run_job("nightly").await;
    bus.run_job("nightly").await;
    assert_eq!(bus.sent::<Print>().all().len(), 2);
}

#[actix_rt::test]
async fn a_command_that_does_not_name_this_service_is_not_sent() {
    let bus = MockBus::for_service(shop());
    assert_eq!(bus.work().send(Clean {}).await.unwrap_err().code(), "sender-undeclared");
}

/// A handler may hand its `Work` on to a function that knows of no message: what that sends is sent once too.
#[actix_rt::test]
async fn a_command_sent_while_a_message_is_handled_is_sent_once_wherever_the_process_dies() {
    async fn elsewhere(work: &Work) -> Result<()> {
        work.send(Print { order: "b".into() }).await
    }
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..20 {
            let service = Service::new("fm-shop", ()).command(async |_: Obey, cx: Cx<()>| {
                elsewhere(&cx).await?;
                if cx.attempt < 3 { Err(Error::new(Kind::Unavailable, "later", "try again")) } else { Ok(()) }
            });
            let bus = MockBus::for_service(service);
            bus.crash_at(step, after);
            bus.command(Obey {}).await.acked();
            assert_eq!(bus.sent::<Print>().one().order, "b", "step {step}, after {after}");
            if !bus.crashed() {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes >= 4, "{crashes} crash points");
}
