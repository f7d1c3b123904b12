//! The Admin API, below `/admin/api`: everything that the dashboard does, for programs.

mod audit;
pub mod backup;
pub mod bus;
mod call;
pub mod draft;
pub mod instances;
pub mod live;
pub mod nodes;
mod openapi;
pub mod plugins;
pub mod routes;
pub mod saved_requests;
pub mod services;
pub mod session;
pub mod table;
pub mod targets;
pub mod test;
pub mod tokens;
pub mod traces;
pub mod traffic;
pub mod users;
pub mod watchdog;

pub use call::Call;

use super::{Admin, Ask, ask::MAX_BODY};
use actix_web::{
    Error as ActixError, HttpRequest, HttpResponse,
    http::{Method, header},
    middleware::DefaultHeaders,
    web::{self, Bytes, PayloadConfig, ServiceConfig},
};
use fm_sdk::{Error, Kind, Result};
use std::{collections::BTreeMap, sync::Arc};

/// All calls. The router, the check of roles, the OpenAPI document and the tests are made of this list.
pub const CALLS: &[&Call] = &[
    &session::create::CALL,
    &session::show::CALL,
    &session::delete::CALL,
    &session::password::CALL,
    &session::list::CALL,
    &session::end::CALL,
    &table::get::CALL,
    &table::put::CALL,
    &table::validate::CALL,
    &table::diff::CALL,
    &table::dry_run::CALL,
    &table::history::CALL,
    &table::version::CALL,
    &table::restore::CALL,
    &watchdog::show::CALL,
    &watchdog::keep::CALL,
    &watchdog::rollback::CALL,
    &draft::get::CALL,
    &draft::put::CALL,
    &draft::delete::CALL,
    &draft::routes::CALL,
    &draft::plugin::CALL,
    &draft::first_table::CALL,
    &test::CALL,
    &saved_requests::list::CALL,
    &saved_requests::save::CALL,
    &saved_requests::delete::CALL,
    &live::CALL,
    &traces::list::CALL,
    &traces::show::CALL,
    &routes::CALL,
    &traffic::show::CALL,
    &traffic::routes::CALL,
    &nodes::CALL,
    &services::CALL,
    &targets::CALL,
    &instances::drain::CALL,
    &instances::undrain::CALL,
    &plugins::CALL,
    &bus::queues::CALL,
    &bus::dead_letters::CALL,
    &bus::dead_letter::CALL,
    &bus::replay::CALL,
    &bus::drop::CALL,
    &users::list::CALL,
    &users::create::CALL,
    &users::update::CALL,
    &users::reset::CALL,
    &users::delete::CALL,
    &tokens::list::CALL,
    &tokens::create::CALL,
    &tokens::delete::CALL,
    &audit::CALL,
    &backup::export::CALL,
    &backup::preview::CALL,
    &backup::import::CALL,
    &openapi::CALL,
];

/// Mounts all calls.
pub fn mount(admin: &Arc<Admin>) -> impl FnOnce(&mut ServiceConfig) {
    let admin = admin.clone();
    move |config| {
        let mut paths: BTreeMap<&str, Vec<&'static Call>> = BTreeMap::new();
        CALLS.iter().for_each(|call| paths.entry(call.path).or_default().push(call));
        let headers = DefaultHeaders::new()
            .add((header::CACHE_CONTROL, "no-store"))
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .add((header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"));
        let mut scope = web::scope("/admin/api").wrap(headers).app_data(PayloadConfig::new(MAX_BODY));
        for (path, calls) in paths {
            let mut resource = web::resource(path).default_service(web::to(async || -> Result<HttpResponse> {
                Err(Error::new(Kind::Malformed, "method", "this call has another method"))
            }));
            for call in calls {
                let admin = admin.clone();
                let run =
                    move |request: HttpRequest, body: std::result::Result<Bytes, ActixError>| answer(admin.clone(), call, request, body);
                resource = resource.route(web::method(method(call)).to(run));
            }
            scope = scope.service(resource);
        }
        let unknown = async || -> Result<HttpResponse> { Err(Error::not_found("call-unknown")) };
        config.service(scope.default_service(web::to(unknown)));
    }
}

pub(super) async fn answer(
    admin: Arc<Admin>,
    call: &'static Call,
    request: HttpRequest,
    body: std::result::Result<Bytes, ActixError>,
) -> Result<HttpResponse> {
    let body = body.map_err(|e| Error::new(Kind::TooLarge, "too-large", e.to_string()))?;
    (call.run)(Ask::admit(admin, request, body, call.access).await?).await
}

pub(super) fn method(call: &Call) -> Method {
    Method::from_bytes(call.method.as_bytes()).unwrap_or(Method::GET)
}
