use super::{Refusal, id_of, pictures};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Me, Notice, RequestContext, verify_origin, verify_token},
    text::Texts,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Payload},
};
use fm_sdk::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Pictures may come over a slow line.
const UPLOAD: Duration = Duration::from_secs(600);

/// The form's token stands in the address: the body goes on as it comes, without being read here.
#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    form_token: String,
}

/// Takes pictures and hands them on while they come.
pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    verify_origin(&request)?;
    let token: Token = serde_html_form::from_str(request.query_string()).unwrap_or(Token { form_token: String::new() });
    verify_token(&context, &token.form_token)?;
    let header = |name: header::HeaderName| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = header(header::CONTENT_TYPE);
    if !media.starts_with("multipart/form-data") {
        return Err(Error::new(Kind::Unsupported, "not-a-form", "must be multipart/form-data"));
    }
    let length = header(header::CONTENT_LENGTH).parse().ok();
    let script = header(header::ACCEPT).starts_with("application/json");
    let ask = web.gateway.post(&me.caller, format!("/api/cars/{id}/images")).within(UPLOAD);
    let sent = ask.stream(media, length, body).await.and_then(Answer::success);
    match sent {
        Ok(_) if script => Ok(HttpResponse::Ok().json(json!({"done": true}))),
        Ok(_) => {
            context.say(Notice::Uploaded);
            Ok(see(&format!("/my/cars/{id}/pictures")))
        }
        Err(e) => {
            let refusal = refusal(context.t(), e)?;
            if script {
                return Ok(HttpResponse::build(refusal.status).json(json!({"done": false, "errors": refusal.lines})));
            }
            pictures::draw(&web, &context, &me, id, Some(refusal)).await
        }
    }
}

/// What fm-image has against the files.
fn refusal(t: &'static Texts, error: Error) -> Result<Refusal> {
    let (status, why) = match error.kind() {
        Kind::Unsupported => (StatusCode::UNSUPPORTED_MEDIA_TYPE, t.upload_kind),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, t.upload_large),
        Kind::Invalid | Kind::Malformed | Kind::Conflict => (StatusCode::UNPROCESSABLE_ENTITY, t.upload_broken),
        Kind::Unavailable | Kind::Unroutable | Kind::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, t.unavailable),
        _ => return Err(error),
    };
    Ok(Refusal { lines: vec![t.upload_refused.to_owned(), why.to_owned()], status })
}
