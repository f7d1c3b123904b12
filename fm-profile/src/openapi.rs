//! The service's part of the market's API description.

use crate::routes;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-profile"),
    paths(
        routes::auth::sign_up::sign_up,
        routes::auth::sign_in::sign_in,
        routes::auth::refresh::refresh,
        routes::auth::sign_out::sign_out,
        routes::auth::password_reset::request,
        routes::auth::password_reset::set,
        routes::auth::email_confirmation::confirm,
        routes::auth::unsubscribe::unsubscribe,
        routes::jwks::jwks,
        routes::me::show::show,
        routes::me::patch::patch,
        routes::me::delete::delete,
        routes::me::deletion::show,
        routes::me::password::password,
        routes::me::email_confirmation::send,
        routes::me::mail::show,
        routes::me::mail::put,
        routes::me::profile::show,
        routes::me::profile::patch,
        routes::me::favourites::list::list,
        routes::me::favourites::add::add,
        routes::me::favourites::remove::remove,
        routes::me::searches::list::list,
        routes::me::searches::save::save,
        routes::me::searches::remove::remove,
        routes::me::searches::alerts::list,
        routes::me::searches::seen::seen,
        routes::me::conversations::list::list,
        routes::me::conversations::start::start,
        routes::me::conversations::show::show,
        routes::me::conversations::reply::reply,
        routes::me::conversations::read::read,
        routes::me::conversations::report::report,
        routes::me::report_ad::report_ad,
        routes::profiles::show::show,
        routes::admin::users::list,
        routes::admin::roles::put,
        routes::admin::reports::list,
        routes::admin::reports::put
    ),
    tags(
        (name = "auth", description = "Signing up, in and out, forgotten passwords"),
        (name = "me", description = "One's own account"),
        (name = "inbox", description = "Conversations between buyers and sellers"),
        (name = "profiles", description = "Users as others see them"),
        (name = "admin", description = "Users, their roles, reports")
    )
)]
struct Api;

/// Describes this service's part of the API (OpenAPI 3.1); fm-sdk adds what all services have in common.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}
