use crate::{
    Web,
    pages::{id_of, see},
    request_context::{Form, Me},
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Path},
};
use fm_sdk::Result;

/// Removes a saved search.
pub async fn submit(web: Data<Web>, me: Me, id: Path<String>, _: Form<crate::pages::mine::publish::Nothing>) -> Result<HttpResponse> {
    let path = format!("/api/me/searches/{}", id_of(&id)?);
    web.gateway.ask(Method::DELETE, &me.caller, path).send().await?.success()?;
    Ok(see("/searches"))
}
