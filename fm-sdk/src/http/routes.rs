//! The routes that every service has.

use crate::{health::Health, metrics::Metrics};
use actix_web::{
    HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};

/// Mounts `/health/live`, `/health/ready` and `/metrics`.
pub fn routes(health: Health, metrics: Metrics) -> impl FnOnce(&mut ServiceConfig) {
    move |routes| {
        let (alive, parts) = (health.clone(), health.clone());
        routes
            .service(web::resource("/health/live").get(move || {
                let report = alive.live();
                async move { HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(report) }
            }))
            .service(web::resource("/health/ready").get(move || {
                let health = health.clone();
                async move {
                    let report = health.ready().await;
                    let mut response = if report.ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
                    response.insert_header((header::CACHE_CONTROL, "no-store")).json(report)
                }
            }))
            .service(web::resource("/metrics").get(move || {
                let (parts, metrics) = (parts.clone(), metrics.clone());
                async move {
                    for (part, outcome) in parts.ready().await.checks {
                        metrics.up(&part, outcome.ok);
                    }
                    HttpResponse::Ok().content_type(crate::metrics::MEDIA_TYPE).body(metrics.text())
                }
            }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Error, Kind,
        health::{Phase, Report, Status},
        http::{Draining, Observe},
    };
    use actix_web::{App, test};

    #[actix_web::test]
    async fn health_and_metrics_are_served_also_when_it_is_bad() {
        let (health, metrics) = (Health::default(), Metrics::default());
        let app = App::new().configure(routes(health.clone(), metrics.clone())).wrap(Observe::new(metrics, Draining::default()));
        let app = test::init_service(app).await;
        let get = async |path: &str| test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;

        let starting = get("/health/ready").await;
        assert_eq!(starting.status(), 503);
        health.enter(Phase::Serving);
        health.add("bus", || Box::pin(async { Err(Error::new(Kind::Unavailable, "unavailable", "away")) }), false);
        let ready = get("/health/ready").await;
        assert_eq!(ready.status(), 200);
        let report: Report = test::read_body_json(ready).await;
        assert_eq!((report.status, report.checks["bus"].ok), (Status::Degraded, false));
        let live: Report = test::read_body_json(get("/health/live").await).await;
        assert_eq!(live.status, Status::Ok);

        let metrics = get("/metrics").await;
        assert_eq!(metrics.headers().get("content-type").unwrap(), crate::metrics::MEDIA_TYPE);
        let text = String::from_utf8(test::read_body(metrics).await.to_vec()).unwrap();
        assert!(text.contains(r#"http_requests_total{route="/health/ready",method="GET",status="5xx"} 1"#), "{text}");
        assert!(text.contains(r#"up{name="bus"} 0"#), "{text}");
    }
}
