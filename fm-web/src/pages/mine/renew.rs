use super::{
    publish::Nothing,
    question::{Question, Words},
};
use crate::{
    Web,
    request_context::{Form, Me, Notice, RequestContext},
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Path},
};
use fm_sdk::Result;

const RENEW: Question = Question {
    page: "renew",
    words: |t| Words { heading: t.renew_title, text: t.renew_text, button: t.renew, draft: t.draft_not_renewed },
    bad: false,
    open: true,
    method: Method::POST,
    call: "/renew",
    done: Notice::Renewed,
    is_done: |_| false,
};

/// Where the mail about an ad that is about to expire leads.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    RENEW.ask(&web, &context, &me, &id).await
}

/// Gives an ad its time again.
pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    RENEW.answer(&web, &context, &me, &id).await
}
