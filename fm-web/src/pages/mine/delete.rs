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
use fm_sdk::{Kind, Result};

const DELETE: Question = Question {
    page: "delete",
    words: |t| Words { heading: t.delete_car, text: t.delete_car_text, button: t.delete, draft: "" },
    bad: true,
    open: false,
    method: Method::DELETE,
    call: "",
    done: Notice::Deleted,
    is_done: |e| e.kind() == Kind::NotFound,
};

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>) -> Result<HttpResponse> {
    DELETE.ask(&web, &context, &me, &id).await
}

pub async fn submit(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, _: Form<Nothing>) -> Result<HttpResponse> {
    DELETE.answer(&web, &context, &me, &id).await
}
