use super::may_edit;
use crate::{
    Images, limits, picture,
    upload::{Body, Checked, UploadForm, keep},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::HeaderMap,
    web::{Data, Payload},
};
use fm_sdk::{Error, Identity, Kind, Result, Work, http::extract::Path};
use utoipa::ToSchema;

/// The files, each a part of the name `images`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read as a stream; this is its description")]
pub struct Upload {
    /// JPEG, PNG or WebP; at most 20 files of 10 MiB, 40 million pixels each.
    #[schema(value_type = Vec<String>, format = Binary)]
    images: Vec<Vec<u8>>,
}

/// Adds pictures to a car of the caller's. All are checked before any is stored; the answer comes when fm-cars has confirmed.
#[utoipa::path(post, path = "/api/cars/{id}/images", tag = "images", params(("id" = String, Path, description = "the car")),
    request_body(content = Upload, content_type = "multipart/form-data"), security(("bearer" = [])), responses(
    (status = 201, body = picture::Images), (status = 400, description = "no multipart that can be read, or an unknown field"), (status = 403, description = "not the owner"), (status = 404, description = "no such car"),
    (status = 409, description = "one of the pictures is being deleted"),
    (status = 413, description = "a file or the upload is too large, or there are too many files"),
    (status = 415, description = "no multipart, or a file that is no JPEG, PNG or WebP"),
    (status = 422, description = "no file, a file that cannot be decoded, too many pixels, too many pictures"),
    (status = 503, description = "too many uploads, or a part that is needed is unreachable"), (status = 504, description = "fm-cars did not answer")))]
pub async fn upload(
    who: Identity,
    work: Work,
    images: Data<Images>,
    car: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let body = Body::new(payload);
    let checked = match checked(&who, &work, &images, &car, request.headers(), body.clone()).await {
        Ok(checked) => checked,
        Err(e) => {
            body.discard().await;
            return Err(e);
        }
    };
    let kept = keep(&images, &work, &car, checked).await?;
    let shown = kept.iter().map(|p| p.image_ref().into()).collect();
    Ok(HttpResponse::Created().json(picture::Images { images: shown }))
}

/// Takes in the files of somebody who may upload them.
async fn checked(who: &Identity, work: &Work, images: &Images, car: &str, headers: &HeaderMap, body: Body) -> Result<Vec<Checked>> {
    who.require("cars:write")?;
    may_edit(work, car).await?;
    let busy = |_| Error::new(Kind::Unavailable, "busy", format!("{} uploads are being taken in", limits::UPLOADS)).retry_after(2);
    let _place = images.uploads.try_acquire().map_err(busy)?;
    UploadForm::begin(headers, body)?.check(car, &images.pipeline).await
}
