use crate::{
    routes::{NoQuery, private},
    user::{OpeningHours, PublicProfile, change_own, is_phone, own},
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Checks, Json},
    text::{clean_label, clean_line, clean_lines},
};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use utoipa::ToSchema;

/// What of a profile is to be changed: what is left out stays, `null` or empty text takes away.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProfilePatch {
    /// Up to 80 characters.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Up to 120 characters.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    location: Option<Option<String>>,
    /// 5 to 20 digits, as people write them.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// Up to 2,000 characters.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    about: Option<Option<String>>,
    /// Shown while the user is a dealer.
    #[serde(deserialize_with = "given_hours")]
    #[schema(value_type = Option<OpeningHours>)]
    opening_hours: Option<Option<OpeningHours>>,
}

/// `null` is something else than nothing at all.
fn given<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(Some(text.filter(|t| !t.trim().is_empty())))
}

fn given_hours<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<OpeningHours>>, D::Error> {
    let hours = Option::<OpeningHours>::deserialize(from)?;
    Ok(Some(hours.filter(|hours| !hours.is_empty())))
}

impl ProfilePatch {
    /// Checks everything and gives what is kept of it: without what cannot be seen.
    fn checked(self) -> Result<Self> {
        let line = |most: usize| move |t: &String| clean_line(t).chars().count() <= most && !t.trim().contains(char::is_control);
        let lines = |t: &String| clean_lines(t).chars().count() <= 2000 && !t.contains(|c: char| c.is_control() && !"\n\r\t".contains(c));
        let value = |field: &'_ Option<Option<String>>| field.clone().flatten();
        let checks = match self.opening_hours.as_ref().and_then(Option::as_ref) {
            Some(hours) => hours.check(Checks::new()),
            None => Checks::new(),
        };
        checks
            .optional("name", value(&self.name).as_ref(), line(80), "must be one line of up to 80 characters")
            .optional("location", value(&self.location).as_ref(), line(120), "must be one line of up to 120 characters")
            .optional("phone", value(&self.phone).as_ref(), |t| is_phone(&clean_label(t)), "must be a telephone number")
            .optional("about", value(&self.about).as_ref(), lines, "must be up to 2,000 characters")
            .finish()?;
        let clean = |field: Option<Option<String>>, clean: fn(&str) -> Cow<'_, str>| {
            field.map(|text| text.map(|t| clean(&t).into_owned()).filter(|t| !t.is_empty()))
        };
        Ok(ProfilePatch {
            name: clean(self.name, clean_line),
            location: clean(self.location, clean_line),
            phone: clean(self.phone, clean_label),
            about: clean(self.about, clean_lines),
            opening_hours: self.opening_hours,
        })
    }
}

/// Shows one's own profile.
#[utoipa::path(get, path = "/api/me/profile", tag = "me", operation_id = "my_profile", security(("bearer" = [])), responses(
    (status = 200, body = PublicProfile), (status = 400, description = "unknown parameter")))]
pub async fn show(who: Identity, work: Work, _: NoQuery) -> Result<HttpResponse> {
    Ok(private(HttpResponse::Ok(), &PublicProfile::new(&*own(&work, &who).await?, true)))
}

/// Changes one's own profile.
#[utoipa::path(patch, path = "/api/me/profile", tag = "me", operation_id = "patch_my_profile", request_body = ProfilePatch,
    security(("bearer" = [])), responses(
    (status = 200, body = PublicProfile),
    (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs profile:write"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "out of its limits")))]
pub async fn patch(who: Identity, work: Work, _: NoQuery, Json(m): Json<ProfilePatch>) -> Result<HttpResponse> {
    who.require("profile:write")?;
    let m = m.checked()?;
    let user = change_own(&work, &who, |user, _| {
        let p = &mut user.profile;
        for (field, new) in [(&mut p.name, &m.name), (&mut p.location, &m.location), (&mut p.phone, &m.phone), (&mut p.about, &m.about)] {
            if let Some(new) = new {
                field.clone_from(new);
            }
        }
        if let Some(hours) = &m.opening_hours {
            p.opening_hours.clone_from(hours);
        }
        Ok(())
    })
    .await?;
    Ok(private(HttpResponse::Ok(), &PublicProfile::new(&user, true)))
}
