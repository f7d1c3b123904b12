use crate::{
    Profile,
    inbox::{Reason, Report, own_conversation},
    routes::NoQuery,
    user::own,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Identity, Result, Work,
    http::{Checks, Json, Path},
    text::clean_lines,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Characters of an explanation.
const MAX_TEXT: usize = 1000;

/// Why a conversation or an ad is reported.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    pub reason: Reason,
    /// Up to 1,000 characters.
    text: Option<String>,
}

impl Complaint {
    /// Checks the explanation and gives what is kept of it.
    pub fn checked(&self) -> Result<Option<String>> {
        let text = self.text.as_deref().map(clean_lines).filter(|t| !t.is_empty());
        Checks::new().optional("text", text.as_ref(), |t| t.chars().count() <= MAX_TEXT, "must be up to 1,000 characters").finish()?;
        Ok(text.map(Into::into))
    }
}

/// Reports a conversation to the moderators, with its last messages. Reported again it replaces the report, unless that was dealt with.
#[utoipa::path(put, path = "/api/me/conversations/{id}/report", tag = "inbox", operation_id = "report_conversation", request_body = Complaint,
    security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 204, description = "reported"), (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 404, description = "conversation-unknown"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "too long")))]
pub async fn report(
    who: Identity,
    work: Work,
    profile: Data<Profile>,
    id: Path<String>,
    _: NoQuery,
    Json(m): Json<Complaint>,
) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    let text = m.checked()?;
    let (conversation, side) = own_conversation(&work, &who, &id).await?;
    Report::new(&conversation, side, m.reason, text, profile.now_ms()).save(&work).await?;
    Ok(HttpResponse::NoContent().finish())
}
