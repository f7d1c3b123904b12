use super::upload;
use crate::{
    Cars,
    car::Limits,
    import::{self, Import, ImportPart, Sheet},
    messages::ImportRows,
    owner::need_account,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::LOCATION,
    web::{self, Data},
};
use fm_sdk::{Identity, Result, ResultExt, Work};
use serde::Serialize;

/// Where to ask how it goes.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Started {
    id: String,
    status_url: String,
}

/// Takes a dealer's file in. Its cars appear within the next seconds, also if the service is restarted meanwhile.
#[utoipa::path(post, path = "/api/cars/import", tag = "import", security(("bearer" = [])),
    request_body(content = String, content_type = "text/csv", description = "a header line, then one car a line"), responses(
    (status = 202, body = Started, headers(("Location", description = "the import's status"))),
    (status = 400, description = "cannot be read"),
    (status = 403, description = "the scope cars:import is missing"), (status = 413, description = "larger than 20 MiB"),
    (status = 415, description = "not text/csv"), (status = 422, description = "the file as a whole is wrong; `code` says how: \
        csv-empty, csv-encoding (not UTF-8), csv-delimiter (not commas), csv-columns (missing or given twice), csv-no-rows, \
        csv-too-many-rows")))]
pub async fn start(work: Work, who: Identity, state: Data<Cars>, request: HttpRequest, body: web::Payload) -> Result<HttpResponse> {
    who.require("cars:import")?;
    let file = upload::csv(&request, body).await?;
    let now = state.clock.now_ms();
    let sheet = web::block(move || import::read(&file, Limits::at(now))).await.internal()??;
    need_account(&work, who.sub()).await?;
    let id = work.new_id();
    let rows = (sheet.rows.len() + sheet.refusals.len()) as u64;
    let parts = parts(&id, sheet, now);
    let import = Import { id: id.clone(), owner: who.sub().into(), parts: parts.len() as u64, rows: Some(rows), started: now };
    let names: Vec<_> = parts.iter().map(|part| part.id.clone()).collect();
    for part in parts {
        work.insert(part, |_, _| Ok(())).await?;
    }
    // Only now does the import exist: with it, in one step, the commands to work on its parts.
    work.insert(import, |_, out| names.iter().try_for_each(|part| out.send(ImportRows { part: part.clone() }))).await?;
    let status_url = format!("/api/cars/import/{id}");
    Ok(HttpResponse::Accepted().insert_header((LOCATION, status_url.clone())).json(Started { id, status_url }))
}

/// Cuts a file into parts of so many rows, accepted or refused, in their order.
fn parts(import: &str, sheet: Sheet, now: i64) -> Vec<ImportPart> {
    let mut parts = Vec::new();
    let (mut rows, mut refusals) = (sheet.rows.into_iter().peekable(), sheet.refusals.into_iter().peekable());
    while rows.peek().is_some() || refusals.peek().is_some() {
        let number = parts.len() as u64;
        let mut part = ImportPart {
            id: format!("{import}-{number}"),
            import: import.into(),
            number,
            rows: Vec::new(),
            refusals: Vec::new(),
            accepted: None,
            failure: None,
            made: now,
            due: Some(now + import::OVERDUE.as_millis() as i64),
        };
        while part.rows.len() + part.refusals.len() < ImportPart::ROWS {
            let until = rows.peek().map_or(u64::MAX, |row| row.line);
            match refusals.next_if(|refusal| refusal.line < until) {
                Some(refusal) => part.refusals.push(refusal),
                None => match rows.next() {
                    Some(row) => part.rows.push(row),
                    None => break,
                },
            }
        }
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Refusal, Row};

    #[test]
    fn every_row_and_refusal_is_in_exactly_one_part_in_order() {
        let header = "name,price,vehicleType,yearOfRegistration,gearbox,powerPS,model,odometer,fuelType,brand,postalCode\n";
        let rows: String = (0..777).map(|i| format!("x,{},,2000,,,,,,bmw,\n", u32::from(i % 3 != 0))).collect();
        let sheet = import::read(format!("{header}{rows}").as_bytes(), Limits::at(1_780_000_000_000)).unwrap();
        let whole: Vec<u64> = sheet.rows.iter().map(|r: &Row| r.line).chain(sheet.refusals.iter().map(|r: &Refusal| r.line)).collect();
        let parts = parts("i", sheet, 0);
        assert_eq!(parts.len(), 8);
        let mut from = 0;
        let mut cut = Vec::new();
        for part in &parts {
            let mut lines: Vec<_> = part.rows.iter().map(|r| r.line).chain(part.refusals.iter().map(|r| r.line)).collect();
            lines.sort_unstable();
            assert!(lines[0] > from && lines.len() <= ImportPart::ROWS);
            from = *lines.last().unwrap();
            cut.extend(lines);
        }
        assert_eq!(cut.len(), whole.len());
        assert_eq!(parts.iter().map(|p| p.number).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    }
}
