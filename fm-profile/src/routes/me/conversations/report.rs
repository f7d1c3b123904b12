use crate::{
    Profile,
    inbox::{Reason, Report, own_conversation},
    routes::NoQuery,
    user::own,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Identity, Kind, Result, Work,
    http::{Checks, Json, Path},
    text::clean_lines,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Characters of an explanation.
const MAX_TEXT: usize = 1000;

/// Why the conversation is reported.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    reason: Reason,
    /// Up to 1,000 characters.
    text: Option<String>,
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
    let text = m.text.as_deref().map(clean_lines).filter(|t| !t.is_empty());
    Checks::new().optional("text", text.as_ref(), |t| t.chars().count() <= MAX_TEXT, "must be up to 1,000 characters").finish()?;
    let (conversation, side) = own_conversation(&work, &who, &id).await?;
    let report = Report::new(&conversation, side, m.reason, text.map(Into::into), profile.now_ms());
    match work.insert(report.clone(), |_, _| Ok(())).await {
        Err(e) if e.kind() == Kind::Conflict => {
            let again = work.doc::<Report>(&report.id);
            again
                .change(|known, _| {
                    if !known.resolved {
                        known.clone_from(&report);
                    }
                    Ok(())
                })
                .await?;
        }
        made => drop(made?),
    }
    Ok(HttpResponse::NoContent().finish())
}
