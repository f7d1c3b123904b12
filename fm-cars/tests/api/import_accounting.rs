//! An import always ends, and every row of its file is accounted for.

use crate::import::{HEADER, dealer, import, report};
use fm_cars::{
    car::{Car, Limits},
    import::{Import, ImportPart, Row},
    messages::{CarListed, ImportRows},
};
use fm_sdk::testing::MockBus;
use serde_json::{Value, json};

const GOOD: &str = "Golf,\"$5,000\",kombi,2009,manuell,75,golf,\"70,000km\",3,benzin,volkswagen,nein,2016-03-26 00:00:00,1067";
const BAD: &str = "Golf,$0,kombi,2009,manuell,75,golf,\"70,000km\",3,benzin,volkswagen,nein,2016-03-26 00:00:00,1067";

/// The numbers of a report: state, all rows, accepted, refused, not processed.
fn numbers(report: &Value) -> (&str, u64, u64, u64, u64) {
    let number = |field: &str| report[field].as_u64().unwrap_or_else(|| panic!("{field} of {report}"));
    (report["state"].as_str().unwrap(), number("total"), number("accepted"), number("refused"), number("unprocessed"))
}
fn refused_lines(report: &Value) -> Vec<u64> {
    report["refusals"].as_array().unwrap().iter().map(|r| r["line"].as_u64().unwrap()).collect()
}
async fn imported(file: impl Into<actix_web::web::Bytes>) -> Value {
    let bus = dealer();
    let started = import(&bus, file).await;
    let report = report(&bus, &started).await;
    let accepted = report["accepted"].as_u64().unwrap();
    assert_eq!(bus.get("/api/me/cars").await.json::<Value>()["total"], accepted, "the accepted rows are cars");
    assert_eq!(bus.published::<CarListed>().all().len() as u64, accepted);
    report
}

#[actix_rt::test]
async fn a_lone_carriage_return_between_rows_loses_no_row() {
    let mut file = HEADER.to_owned();
    for n in 0..40 {
        file += GOOD;
        file += if n == 20 { "\r" } else { "\n" };
    }
    assert_eq!(numbers(&imported(file).await), ("done", 40, 40, 0, 0));
}

#[actix_rt::test]
async fn every_kind_of_line_end_gives_the_same_rows_on_the_lines_that_an_editor_shows() {
    let quoted = GOOD.replace("Golf", "\"Golf#IV\"");
    for (name, ends) in [("LF", vec!["\n"]), ("CRLF", vec!["\r\n"]), ("CR", vec!["\r"]), ("mixed", vec!["\r", "\n", "\r\n"])] {
        let mut ends = ends.into_iter().cycle();
        let mut file = String::new();
        // Lines: 1 header, 2 good, 3 bad, 4 blank, 5 blank, 6 and 7 good, 8 bad, 9 good.
        for line in [HEADER.trim_end(), GOOD, BAD, "", "", &quoted, BAD, GOOD] {
            file += &line.replace('#', ends.next().unwrap());
            // A lone CR before a lone LF would be one line end.
            let end = ends.next().unwrap();
            file += if file.ends_with('\r') && end == "\n" { "\r\n" } else { end };
        }
        let report = imported(file).await;
        assert_eq!((numbers(&report), refused_lines(&report)), (("done", 5, 3, 2, 0), vec![3, 8]), "{name}");
    }
}

#[actix_rt::test]
async fn a_file_that_contains_itself_twice_or_comes_twice_is_counted_row_by_row() {
    let once = format!("{HEADER}{GOOD}\n{BAD}\n");
    let report = imported(once.repeat(2)).await;
    assert_eq!((numbers(&report), refused_lines(&report)), (("done", 5, 2, 3, 0), vec![3, 4, 6]), "the second header is a row");
    let bus = dealer();
    for cars in [1, 2] {
        let started = import(&bus, once.clone()).await;
        assert_eq!(numbers(&crate::import::report(&bus, &started).await), ("done", 2, 1, 1, 0));
        assert_eq!(bus.get("/api/me/cars").await.json::<Value>()["total"], cars);
    }
}

#[actix_rt::test]
async fn a_quotation_mark_that_is_never_closed_refuses_its_row_and_names_the_lines_that_it_swallows() {
    let open = GOOD.replace("Golf", "\"Golf");
    let at_the_end = GOOD.replace(",1067", ",\"1067");
    let in_an_unread_column = GOOD.replace(",nein,", ",\"nein,");
    for (name, row) in [("first cell", &open), ("last cell", &at_the_end), ("a column that is not read", &in_an_unread_column)] {
        let plain = GOOD.replace("\"$5,000\"", "5000").replace("\"70,000km\"", "5km");
        let row = if row.contains("\"Golf") { row.replace("\"$5,000\"", "5000").replace("\"70,000km\"", "5km") } else { row.clone() };
        let report = imported(format!("{HEADER}{GOOD}\n{row}\n{plain}\n{plain}\n")).await;
        assert_eq!((numbers(&report), refused_lines(&report)), (("done", 2, 1, 1, 0), vec![3]), "{name}");
        let reason = report["refusals"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("quotation mark") && reason.contains("3 to 5"), "{name}: {reason}");
    }
}

#[actix_rt::test]
async fn null_bytes_and_very_long_cells_refuse_at_most_their_own_row() {
    let nul = GOOD.replace("benzin", "ben\0zin");
    let long = GOOD.replace("Golf", &"\u{e4}".repeat(1_000_001));
    let report = imported(format!("{HEADER}{GOOD}\n{nul}\n{long}\n{GOOD}\n")).await;
    assert_eq!((numbers(&report), refused_lines(&report)), (("done", 4, 2, 2, 0), vec![3, 4]));
    assert!(report["refusals"][1]["reason"].as_str().unwrap().starts_with("name: "), "{report}");
}

#[actix_rt::test]
async fn refusals_alone_are_reported_in_parts_of_bounded_size() {
    let bus = dealer();
    let started = import(&bus, format!("{HEADER}{}", "x\n".repeat(1_234))).await;
    assert_eq!(numbers(&report(&bus, &started).await), ("done", 1_234, 0, 1_234, 0));
    let parts = bus.work().docs::<ImportPart>().list().await.unwrap();
    assert!(parts.iter().all(|part| part.refusals.len() <= ImportPart::ROWS));
}

/// Rows of one part, as the reader gives them.
fn rows(count: usize) -> Vec<Row> {
    fm_cars::import::read(format!("{HEADER}{}", format!("{GOOD}\n").repeat(count)).as_bytes(), Limits::at(1_780_000_000_000)).unwrap().rows
}
/// An import of one part that waits to be processed.
async fn waiting(rows: Vec<Row>, due: Option<i64>) -> MockBus<fm_cars::Cars> {
    let bus = dealer();
    let now = bus.state().clock.now_ms();
    let import = Import { id: "i".into(), owner: "dealer".into(), parts: 1, rows: Some(rows.len() as u64), started: now };
    let (id, failure, accepted) = ("i-0".into(), None, None);
    bus.given(&[ImportPart { id, import: "i".into(), number: 0, rows, refusals: vec![], accepted, failure, made: 0, due }]).await;
    bus.given(&[import]).await;
    bus.from("fm-cars");
    bus
}

/// What nobody can read as a car, with the id of the car of a row.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct NoCar {
    id: String,
}
fm_sdk::document!(NoCar = "cars" {});

#[actix_rt::test]
async fn a_row_that_fails_permanently_ends_the_import_as_failed_and_is_named() {
    for by_message in [true, false] {
        let bus = waiting(rows(9), Some(0)).await;
        let broken = NoCar { id: bus.work().repeatable("dealer", "import i 4").new_id() };
        bus.given(std::slice::from_ref(&broken)).await;
        if by_message {
            bus.command(ImportRows { part: "i-0".into() }).await.acked();
        } else {
            bus.run_job("process-overdue-imports").await;
        }
        let report: Value = bus.get("/api/cars/import/i").await.json();
        assert_eq!(numbers(&report), ("failed", 9, 8, 0, 1), "{report}");
        assert_eq!(report["failures"], json!([{"line": 5, "reason": "not processed: internal error [internal]"}]));
        assert_eq!(bus.published::<CarListed>().all().len(), 8);

        // Once the fault is mended, another message brings the row in, and nothing twice.
        bus.work().doc::<NoCar>(&broken.id).remove(|_, _| Ok(())).await.unwrap();
        bus.command(ImportRows { part: "i-0".into() }).await.acked();
        bus.run_job("process-overdue-imports").await;
        assert_eq!(numbers(&bus.get("/api/cars/import/i").await.json()), ("done", 9, 9, 0, 0));
        assert_eq!(bus.published::<CarListed>().all().len(), 9);
    }
}

#[actix_rt::test]
async fn a_part_whose_message_is_lost_is_processed_when_it_is_overdue() {
    let bus = waiting(rows(9), Some(i64::MAX)).await;
    bus.run_job("process-overdue-imports").await;
    assert_eq!(bus.get("/api/cars/import/i").await.json::<Value>()["state"], "running", "its message may still come");

    for crash in 1..40 {
        let bus = waiting(rows(9), Some(0)).await;
        bus.crash_at(crash, true);
        bus.command(ImportRows { part: "i-0".into() }).await.acked();
        for _ in 0..2 {
            bus.run_job("process-overdue-imports").await;
        }
        bus.redeliver().await.acked();
        assert_eq!(numbers(&bus.get("/api/cars/import/i").await.json()), ("done", 9, 9, 0, 0), "crash {crash}");
        assert_eq!(bus.published::<CarListed>().all().len(), 9, "crash {crash}");
    }
}

#[actix_rt::test]
async fn a_part_from_before_rows_had_ordinals_comes_to_its_end_too() {
    let old = |mut row: Row| {
        (row.ordinal, row.line) = (0, row.line.min(5));
        row
    };
    let bus = waiting(rows(9).into_iter().map(old).collect(), None).await;
    bus.run_job("sweep-imports").await;
    assert_eq!(numbers(&bus.get("/api/cars/import/i").await.json()), ("done", 9, 9, 0, 0));
    let cars = bus.work().docs::<Car>().list().await.unwrap();
    assert_eq!(cars.len(), 9, "rows of one line are different cars");
}

#[actix_rt::test]
async fn a_car_that_its_owner_removed_does_not_come_back_when_its_part_is_processed_again() {
    let bus = waiting(rows(3), Some(0)).await;
    let broken = NoCar { id: bus.work().repeatable("dealer", "import i 2").new_id() };
    bus.given(std::slice::from_ref(&broken)).await;
    bus.command(ImportRows { part: "i-0".into() }).await.acked();
    let mine = crate::ids(&bus.get("/api/me/cars").await);
    assert_eq!(mine.len(), 2);
    assert_eq!(bus.delete(&format!("/api/cars/{}", mine[0])).await.status, 204);
    for _ in 0..2 {
        bus.command(ImportRows { part: "i-0".into() }).await.acked();
    }
    assert_eq!(crate::ids(&bus.get("/api/me/cars").await), mine[1..]);
}
