//! The kept traces of an instance, for operators: `GET /traces` and `GET /traces/{trace_id}`.

use super::extract::Query;
use crate::{
    Error, Kind, Result,
    duration::parse_duration,
    trace::{RecentTraces, TraceId, Tracer},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    slower_than: Option<String>,
    failed: Option<bool>,
    limit: Option<u32>,
}

impl RecentTraces {
    /// Reads them from a query: `slower_than=100ms&failed=true&limit=20`.
    ///
    /// # Errors
    /// `Malformed` for what cannot be read, code `malformed` or `trace-query`.
    pub fn parse(query: &str) -> Result<Self> {
        let Parameters { slower_than, failed, limit } = Query::<Parameters>::parse(query)?.into_inner();
        let wrong = |why: String| Error::new(Kind::Malformed, "trace-query", why);
        let slower_than = slower_than.map(|text| parse_duration(&text)).transpose().map_err(|e| wrong(format!("slower_than: {e}")))?;
        if limit.is_some_and(|n| n == 0 || n > Self::MAX_LIMIT) {
            return Err(wrong(format!("limit: must be 1 to {}", Self::MAX_LIMIT)));
        }
        Ok(RecentTraces { slower_than, failed, limit })
    }
}

/// Mounts `/traces`, the last traces as a list, and `/traces/{trace_id}`, the spans of one.
///
/// The list is narrowed by `slower_than` (`100ms`), `failed` (`true`, `false`) and `limit` (1 to 500; 50 without). Refused are an id that is
/// none (400, code `trace-id`), an unknown one (404, code `trace-unknown`) and a query that cannot be read (400, code `trace-query` or
/// `malformed`).
pub fn trace_routes(tracer: Tracer) -> impl FnOnce(&mut ServiceConfig) {
    move |routes| {
        let all = tracer.clone();
        routes
            .service(web::resource("/traces").get(move |request: HttpRequest| {
                let list = RecentTraces::parse(request.query_string()).map(|wanted| all.recent(&wanted));
                async move { list.map(|list| no_store().json(list)) }
            }))
            .service(web::resource("/traces/{trace_id}").get(move |id: web::Path<String>| {
                let found = one(&tracer, &id);
                async move { found }
            }));
    }
}

fn one(tracer: &Tracer, id: &str) -> Result<HttpResponse> {
    let spans = tracer.trace(id.parse::<TraceId>()?);
    if spans.is_empty() {
        return Err(Error::not_found("trace-unknown"));
    }
    Ok(no_store().content_type("application/json").body(tracer.json(&spans)))
}

fn no_store() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::{Draining, Observe},
        metrics::Metrics,
        trace::TraceSettings,
    };
    use actix_web::{App, test};
    use serde_json::{Value, json};

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    async fn answers(paths: &[&str]) -> Vec<(u16, Value)> {
        let tracer = Tracer::new("fm-x", "x-1", TraceSettings::default());
        let app = App::new()
            .configure(trace_routes(tracer.clone()))
            .route("/api/cars/{id}", web::get().to(async || HttpResponse::Ok().finish()))
            .route("/api/broken", web::get().to(async || HttpResponse::InternalServerError().finish()))
            .wrap(Observe::new(Metrics::default(), Draining::default()).traced(tracer));
        let app = test::init_service(app).await;
        let mut answers = Vec::new();
        for path in paths {
            let request = test::TestRequest::get().uri(path).insert_header(("traceparent", PARENT));
            let response = test::call_service(&app, request.to_request()).await;
            let status = response.status().as_u16();
            let body = test::read_body(response).await;
            answers.push((status, serde_json::from_slice(&body).unwrap_or_default()));
        }
        answers
    }

    #[actix_web::test]
    async fn a_request_is_kept_with_its_route_and_without_its_values() {
        let answers = answers(&["/api/cars/secret-id?token=secret", &format!("/traces/{ID}"), "/traces?limit=5"]).await;
        let (spans, list) = (&answers[1].1, &answers[2].1);
        assert_eq!(spans.as_array().unwrap().len(), 1, "{spans}");
        let span = &spans[0];
        assert_eq!((&span["trace_id"], &span["parent_span_id"]), (&json!(ID), &json!("00f067aa0ba902b7")));
        assert_eq!((&span["service"], &span["instance"], &span["kind"]), (&json!("fm-x"), &json!("x-1"), &json!("server")));
        assert_eq!((&span["name"], &span["status"]), (&json!("GET /api/cars/{id}"), &json!("unset")));
        assert_eq!(
            span["attributes"],
            json!({"http.request.method": "GET", "http.route": "/api/cars/{id}", "http.response.status_code": 200})
        );
        assert!(!spans.to_string().contains("secret"), "{spans}");
        assert_eq!(
            (list[0]["trace_id"].as_str(), list[0]["failed"].as_bool(), list[0]["spans"].as_u64()),
            (Some(ID), Some(false), Some(1))
        );
    }

    #[actix_web::test]
    async fn the_list_is_narrowed_to_failed_or_slow_traces() {
        let answers =
            answers(&["/api/broken", "/traces?failed=true", "/traces?failed=false", "/traces?slower_than=1h", &format!("/traces/{ID}")])
                .await;
        let lengths: Vec<_> = answers[1..4].iter().map(|(_, list)| list.as_array().unwrap().len()).collect();
        assert_eq!(lengths, [1, 0, 0]);
        let span = &answers[4].1[0];
        assert_eq!((&span["status"], &span["attributes"]["error.type"]), (&json!("error"), &json!("500")));
    }

    #[actix_web::test]
    async fn invalid_and_unknown_ids_are_refused_with_their_codes() {
        for (path, status, code) in [
            ("/traces/4bf9", 400, "trace-id"),
            ("/traces/4BF92F3577B34DA6A3CE929D0E0E4736", 400, "trace-id"),
            ("/traces/00000000000000000000000000000000", 400, "trace-id"),
            ("/traces/..%2f..%2fetc%2fpasswd", 400, "trace-id"),
            ("/traces/0af7651916cd43dd8448eb211c80319c", 404, "trace-unknown"),
            ("/traces?limit=9999", 400, "trace-query"),
            ("/traces?slower_than=slow", 400, "trace-query"),
            ("/traces?unknown=1", 400, "malformed"),
        ] {
            let (answered, problem) = answers(&[path]).await.remove(0);
            assert_eq!((answered, problem["code"].as_str()), (status, Some(code)), "{path}: {problem}");
        }
    }

    #[actix_web::test]
    async fn operator_endpoints_make_no_spans() {
        let answers = answers(&["/traces", "/metrics", "/health/live", "/traces"]).await;
        assert_eq!(answers[3].1, json!([]));
    }

    #[actix_web::test]
    async fn a_query_is_parsed_and_its_errors_are_reported() {
        let wanted = RecentTraces::parse("slower_than=100ms&failed=true&limit=20").unwrap();
        assert_eq!(wanted, RecentTraces { slower_than: Some(std::time::Duration::from_millis(100)), failed: Some(true), limit: Some(20) });
        assert_eq!(RecentTraces::parse("").unwrap(), RecentTraces::default());
        for (query, code, part) in [
            ("slower_than=soon", "trace-query", "500ms"),
            ("slower_than=-1s", "trace-query", "slower_than"),
            ("limit=0", "trace-query", "1 to 500"),
            ("limit=501", "trace-query", "1 to 500"),
            ("limit=many", "malformed", "limit"),
            ("limit=99999999999", "malformed", "limit"),
            ("failed=perhaps", "malformed", "failed"),
            ("faster_than=1s", "malformed", "faster_than"),
            ("failed=true&failed=false", "malformed", "failed"),
            ("%ff=1", "malformed", "UTF-8"),
        ] {
            let error = RecentTraces::parse(query).unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Malformed, code), "{query}");
            assert!(format!("{error} {:?}", error.fields()).contains(part), "{query}: {error}");
        }
    }
}
