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

const SOLD: Question = Question {
    page: "sold",
    words: |t| Words { heading: t.sold_confirm, text: t.sold_text, button: t.mark_sold, draft: t.draft_not_sold },
    bad: false,
    open: true,
    method: Method::POST,
    call: "/sold",
    done: Notice::Sold,
    is_done: |_| false,
};

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    SOLD.ask(&web, &context, &me, &id).await
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    SOLD.answer(&web, &context, &me, &id).await
}
