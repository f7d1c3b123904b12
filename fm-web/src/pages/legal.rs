use super::page;
use crate::{
    Web,
    legal::{Block, LegalText},
    request_context::RequestContext,
    text::Texts,
    view::Layout,
};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use fm_sdk::{Error, Result};

#[derive(Template)]
#[template(path = "legal.html")]
struct LegalPage<'a> {
    s: Layout,
    t: &'static Texts,
    text: &'a LegalText,
}

/// One of the operator's texts.
pub async fn show(web: Data<Web>, context: RequestContext, request: HttpRequest) -> Result<HttpResponse> {
    let name = request.path().trim_start_matches('/');
    let text = web.legal.text(name, context.lang).ok_or_else(|| Error::not_found("page-unknown"))?;
    let mut s = Layout::new(&context, "legal", &text.title).at(&format!("/{name}"));
    // Nobody is to find a text that says nothing yet.
    s.hidden = text.open;
    page(&LegalPage { s, t: context.t(), text })
}
