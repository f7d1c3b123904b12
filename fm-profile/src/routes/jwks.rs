use super::NoQuery;
use crate::Profile;
use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web::Data};
use fm_sdk::Result;

/// Lists the public keys whose access tokens are to be believed, as a JWK set (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth", responses(
    (status = 200, description = "a JWK set", body = Object), (status = 400, description = "unknown parameter")))]
pub async fn jwks(profile: Data<Profile>, _: NoQuery) -> Result<HttpResponse> {
    // A new key signs half a minute after it is published; who keeps the set for longer than that asks again for an unknown key.
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=30")).json(profile.issuer()?.jwks()))
}
