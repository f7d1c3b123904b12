//! Saves a request of the tester.

use crate::admin::{
    Ask,
    api::Call,
    saved_requests::{self, MAX_REQUESTS, MAX_SIZE},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Value, json};

pub const CALL: Call = Call::put(
    "/saved-requests/{name}",
    Role::Editor,
    "Saves a request of the tester by a name, without values that may be secrets",
    |ask| Box::pin(run(ask)),
)
.with_body(body);

fn body() -> Value {
    json!({
        "type": "object", "required": ["method", "url"], "additionalProperties": false,
        "description": format!("At most {MAX_SIZE} bytes, and {MAX_REQUESTS} requests. The answer has what is kept; `left_out` names the values that are not, for which *** stands."),
        "properties": {
            "method": {"type": "string"}, "url": {"type": "string"}, "headers": {"type": "array", "items": {"type": "string"}},
            "body": {"type": "string"}}
    })
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let saved = saved_requests::save(&ask, ask.param("name"), ask.json()?).await?;
    Ok(HttpResponse::Ok().json(saved))
}
