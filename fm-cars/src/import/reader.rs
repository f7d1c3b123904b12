use super::{
    Refusal, Row,
    file::{Lines, check_text, refused},
    header::{COLUMNS, OPTIONAL, Places, places},
    row::Cells,
};
use crate::car::Limits;
use csv::{ByteRecord, ReaderBuilder};
use fm_sdk::Result;
use std::io::Read;

/// Bytes of the longest cell that is read: more than the limits of all fields allow.
const CELL: usize = 40_000;
/// Rows of one file; each has a place in the report, whatever becomes of it.
const MAX_ROWS: u64 = 500_000;

/// A file, read: every row is in one of the two lists.
#[derive(Debug, Default, PartialEq)]
pub struct Sheet {
    /// Rows that become cars.
    pub rows: Vec<Row>,
    /// Rows that do not, and why.
    pub refusals: Vec<Refusal>,
}

fn cells<'a>(record: &'a ByteRecord, places: &Places) -> std::result::Result<Cells<'a>, String> {
    let mut texts = [""; COLUMNS.len()];
    for ((text, place), name) in texts.iter_mut().zip(places.columns).zip(COLUMNS) {
        *text = cell(record, place, name)?;
    }
    let mut optional = [""; OPTIONAL.len()];
    for ((text, place), name) in optional.iter_mut().zip(places.optional).zip(OPTIONAL) {
        *text = place.map_or(Ok(""), |place| cell(record, place, name))?;
    }
    let [name, price, vehicle_type, year, gearbox, power, model, odometer, fuel_type, brand, postal_code] = texts;
    let [month, damage] = optional;
    Ok(Cells { name, price, vehicle_type, year, gearbox, power, model, odometer, fuel_type, brand, postal_code, month, damage })
}

fn cell<'a>(record: &'a ByteRecord, place: usize, name: &str) -> std::result::Result<&'a str, String> {
    let bytes = record.get(place).unwrap_or_default();
    if bytes.len() > CELL {
        return Err(format!("{name}: longer than {CELL} bytes"));
    }
    std::str::from_utf8(bytes).map(str::trim).map_err(|_| format!("{name}: not UTF-8"))
}

/// Whether the last record of a file ends inside of quotation marks: then a line end behind it would belong to it.
fn is_open(last: &[u8], record: &ByteRecord) -> bool {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(last.chain(b"\n".as_slice()));
    let mut again = ByteRecord::new();
    reader.read_byte_record(&mut again).is_ok_and(|read| read && again != *record)
}

/// Reads a file of comma-separated values (RFC 4180) with a header line; CR LF, LF and CR each end a line. A row that is damaged or out of
/// the limits is refused with the line on which it starts; nothing is left out: rows and refusals together are all rows of the file.
///
/// # Errors
/// If the file as a whole cannot be read (422): `csv-empty`, `csv-encoding`, `csv-delimiter`, `csv-columns`, `csv-no-rows`,
/// `csv-too-many-rows`.
pub fn read(file: &[u8], limits: Limits) -> Result<Sheet> {
    check_text(file)?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.byte_headers().map_err(|e| refused("csv-columns", "the first line cannot be read").caused_by(e))?.clone();
    let places = places(&header, file)?;
    let (mut sheet, mut lines, mut record) = (Sheet::default(), Lines::of(file), ByteRecord::new());
    let mut ordinal = 0;
    loop {
        ordinal += 1;
        let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(file.len());
        // Line ends before a row belong to the row before, or to blank lines.
        let from = from + file[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = lines.at(from);
        // Reading from memory does not fail.
        let read = reader.read_byte_record(&mut record);
        if !read.map_err(|e| refused("csv-columns", "the file cannot be read").caused_by(e))? {
            return if ordinal == 1 { Err(refused("csv-no-rows", "the file has a header line and no rows")) } else { Ok(sheet) };
        }
        if ordinal > MAX_ROWS {
            return Err(refused("csv-too-many-rows", format!("the file has more than {MAX_ROWS} rows")));
        }
        let is_last = usize::try_from(reader.position().byte()).is_ok_and(|end| end >= file.len());
        let facts = if is_last && is_open(&file[from..], &record) {
            let last = lines.at(from + file[from..].trim_ascii_end().len());
            Err(format!("a quotation mark is never closed: lines {line} to {last} are one row"))
        } else if record.len() == header.len() {
            cells(&record, &places).and_then(|cells| cells.facts(limits))
        } else {
            Err(format!("{} cells instead of {}", record.len(), header.len()))
        };
        match facts {
            Ok(facts) => sheet.rows.push(Row { ordinal, line, facts }),
            Err(reason) => sheet.refusals.push(Refusal { line, reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "name,price,vehicleType,yearOfRegistration,gearbox,powerPS,model,odometer,monthOfRegistration,fuelType,brand,notRepairedDamage,dateCreated,postalCode\n";
    const GOOD: &str = "Golf_IV,\"$5,000\",kombi,2001,manuell,75,golf,\"150,000km\",3,benzin,volkswagen,nein,2016-03-26 00:00:00,71034\n";

    fn limits() -> Limits {
        Limits::at(1_780_000_000_000)
    }
    fn lines(sheet: &Sheet) -> (Vec<u64>, Vec<(u64, &str)>) {
        (sheet.rows.iter().map(|r| r.line).collect(), sheet.refusals.iter().map(|r| (r.line, r.reason.as_str())).collect())
    }

    #[test]
    fn good_rows_are_accepted_and_bad_ones_refused_by_line() {
        let bad_price = GOOD.replace("$5,000", "$0");
        let two_lines = GOOD.replace("Golf_IV", "\"Golf\nIV, \"\"neu\"\"\"");
        let file = format!("{HEADER}{GOOD}{bad_price}\n{two_lines}a,b\n{GOOD}");
        let sheet = read(file.as_bytes(), limits()).unwrap();
        assert_eq!(lines(&sheet), (vec![2, 5, 8], vec![(3, "price: 1 to 10000000"), (7, "2 cells instead of 14")]));
        let windows = read(file.replace('\n', "\r\n").as_bytes(), limits()).unwrap();
        assert_eq!(lines(&windows), (vec![2, 5, 8], vec![(3, "price: 1 to 10000000"), (7, "2 cells instead of 14")]));
        assert_eq!(sheet.rows[1].facts.description.as_deref(), Some("Golf IV, \"neu\""));
    }
    #[test]
    fn cells_that_are_no_text_refuse_their_row_only() {
        let mut file = format!("\u{feff}{HEADER}").into_bytes();
        file.extend_from_slice(GOOD.replace("Golf_IV", "#").as_bytes());
        let at = file.iter().position(|b| *b == b'#').unwrap();
        file[at] = 0xff;
        file.extend_from_slice(GOOD.as_bytes());
        assert_eq!(lines(&read(&file, limits()).unwrap()), (vec![3], vec![(2, "name: not UTF-8")]));
    }
    #[test]
    fn a_file_without_its_columns_is_refused_as_a_whole() {
        let semicolons = HEADER.replace(',', ";");
        for (file, code) in [
            ("", "csv-empty"),
            ("a,b\n1,2\n", "csv-columns"),
            ("name;price\n", "csv-delimiter"),
            (&semicolons, "csv-delimiter"),
            (HEADER, "csv-no-rows"),
            (&format!("\u{feff}{HEADER}\r\n\n"), "csv-no-rows"),
        ] {
            let e = read(file.as_bytes(), limits()).unwrap_err();
            assert_eq!((e.code(), e.fields().len()), (code, 0), "{file}");
        }
        let rows = |n: usize| read(format!("{HEADER}{}", "x\n".repeat(n)).as_bytes(), limits());
        assert_eq!(rows(500_001).unwrap_err().code(), "csv-too-many-rows");
    }
    #[test]
    fn an_open_quotation_mark_swallows_the_rest_but_loses_no_row_silently() {
        let plain = GOOD.replace("\"$5,000\"", "5000").replace("\"150,000km\"", "5km");
        let file = format!("{HEADER}{GOOD}\"{plain}{plain}");
        let sheet = read(file.as_bytes(), limits()).unwrap();
        assert_eq!((sheet.rows.len(), sheet.refusals.len(), sheet.refusals[0].line), (1, 1, 3));
        assert_eq!(sheet.refusals[0].reason, "a quotation mark is never closed: lines 3 to 4 are one row");
    }
    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(rest in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut file = HEADER.as_bytes().to_vec();
            file.extend(rest);
            if let Ok(sheet) = read(&file, limits()) {
                prop_assert!(sheet.rows.is_empty() && !sheet.refusals.is_empty());
            }
        }
        #[test]
        fn every_row_has_an_ordinal_and_a_line_of_its_own(ends in prop::collection::vec(prop_oneof!["\n", "\r\n", "\r", "\n\n", "\r\r"], 1..30)) {
            let row = GOOD.trim_end();
            let file = ends.iter().fold(HEADER.to_owned(), |file, end| file + row + end);
            let sheet = read(file.as_bytes(), limits()).unwrap();
            prop_assert_eq!(sheet.rows.iter().map(|r| r.ordinal).collect::<Vec<_>>(), (1..=ends.len() as u64).collect::<Vec<_>>());
            // What an editor shows: every end is one line more.
            let lines: Vec<_> = file.replace("\r\n", "\n").split(['\n', '\r']).zip(1..).filter(|(text, _)| *text == row).map(|(_, n)| n).collect();
            prop_assert_eq!(sheet.rows.iter().map(|r| r.line).collect::<Vec<u64>>(), lines);
        }
        #[test]
        fn every_row_is_accepted_or_refused(prices in prop::collection::vec(prop_oneof!["\\$[0-9]{1,9}", "[a-z]{0,3}"], 1..30)) {
            let rows: String = prices.iter().map(|p| GOOD.replace("\"$5,000\"", p)).collect();
            let sheet = read(format!("{HEADER}{rows}").as_bytes(), limits()).unwrap();
            prop_assert_eq!(sheet.rows.len() + sheet.refusals.len(), prices.len());
        }
    }
}
