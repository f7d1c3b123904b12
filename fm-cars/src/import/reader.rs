use super::{Refusal, Row, row::Cells};
use crate::car::Limits;
use csv::{ByteRecord, ErrorKind, ReaderBuilder};
use fm_sdk::{Error, FieldError, Result};

/// The columns that are read; others are skipped.
const COLUMNS: [&str; 11] =
    ["name", "price", "vehicleType", "yearOfRegistration", "gearbox", "powerPS", "model", "odometer", "fuelType", "brand", "postalCode"];
/// Characters of a cell that are looked at: longer ones are refused later, by the limits of their fields.
const CELL: usize = 40_000;

/// A file, read: every row is in one of the two lists.
#[derive(Debug, Default, PartialEq)]
pub struct Sheet {
    /// Rows that become cars.
    pub rows: Vec<Row>,
    /// Rows that do not, and why.
    pub refusals: Vec<Refusal>,
}

/// Where each column is.
fn columns(header: &ByteRecord) -> Result<[usize; COLUMNS.len()]> {
    let mut places = [0; COLUMNS.len()];
    let mut missing = Vec::new();
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        let bare = |cell: &[u8]| cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell).trim_ascii() == name.as_bytes();
        match header.iter().position(bare) {
            Some(at) => *place = at,
            None => missing.push(FieldError { field: name.into(), message: "this column is missing in the first line".into() }),
        }
    }
    if missing.is_empty() { Ok(places) } else { Err(Error::invalid(missing)) }
}

fn cells<'a>(record: &'a ByteRecord, places: &[usize; COLUMNS.len()]) -> std::result::Result<Cells<'a>, String> {
    let mut texts = [""; COLUMNS.len()];
    for ((text, place), name) in texts.iter_mut().zip(places).zip(COLUMNS) {
        let bytes = record.get(*place).unwrap_or_default();
        let cut = &bytes[..bytes.len().min(CELL)];
        *text = std::str::from_utf8(cut).map_err(|_| format!("{name}: not UTF-8"))?.trim();
    }
    let [name, price, vehicle_type, year, gearbox, power, model, odometer, fuel_type, brand, postal_code] = texts;
    Ok(Cells { name, price, vehicle_type, year, gearbox, power, model, odometer, fuel_type, brand, postal_code })
}

/// Empty lines between where the reader stood and where the row begins: they are no rows, but lines.
fn blank_lines(file: &[u8], from: u64) -> u64 {
    let rest = usize::try_from(from).ok().and_then(|at| file.get(at..)).unwrap_or_default();
    rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count() as u64
}

/// Reads a file of comma-separated values (RFC 4180) with a header line. A row that is damaged or out of the limits is refused with the
/// line on which it starts; nothing is left out: rows and refusals together are all rows of the file.
///
/// # Errors
/// `invalid` (422) if columns are missing in the first line.
pub fn read(file: &[u8], limits: Limits) -> Result<Sheet> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.byte_headers().map_err(|e| Error::field("body", "no header line").caused_by(e))?.clone();
    let places = columns(&header)?;
    let mut sheet = Sheet::default();
    let mut record = ByteRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => return Ok(sheet),
            Ok(true) => {}
            Err(e) => {
                // Reading from memory cannot fail but by a fault of the reader's own limits.
                let done = matches!(e.kind(), ErrorKind::Io(_));
                sheet.refusals.push(Refusal { line, reason: e.to_string() });
                if done {
                    return Ok(sheet);
                }
                continue;
            }
        }
        let line = record.position().map_or(line, |p| p.line() + blank_lines(file, p.byte()));
        let facts = if record.len() == header.len() {
            cells(&record, &places).and_then(|c| c.facts(limits))
        } else {
            Err(format!("{} cells instead of {}", record.len(), header.len()))
        };
        match facts {
            Ok(facts) => sheet.rows.push(Row { line, facts }),
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
    fn good_rows_are_taken_and_bad_ones_refused_by_line() {
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
        for file in ["", "a,b\n1,2\n", "name;price\n"] {
            assert_eq!(read(file.as_bytes(), limits()).unwrap_err().fields()[0].field, "name", "{file}");
        }
        assert_eq!(read(HEADER.as_bytes(), limits()).unwrap(), Sheet::default());
    }
    #[test]
    fn an_open_quotation_mark_swallows_the_rest_but_loses_no_row_silently() {
        let plain = GOOD.replace("\"$5,000\"", "5000").replace("\"150,000km\"", "5km");
        let file = format!("{HEADER}{GOOD}\"{plain}{plain}");
        let sheet = read(file.as_bytes(), limits()).unwrap();
        assert_eq!((sheet.rows.len(), sheet.refusals.len(), sheet.refusals[0].line), (1, 1, 3));
    }
    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(rest in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut file = HEADER.as_bytes().to_vec();
            file.extend(rest);
            let sheet = read(&file, limits()).unwrap();
            prop_assert!(sheet.rows.is_empty());
        }
        #[test]
        fn every_row_is_accepted_or_refused(prices in prop::collection::vec(prop_oneof!["\\$[0-9]{1,9}", "[a-z]{0,3}"], 0..30)) {
            let rows: String = prices.iter().map(|p| GOOD.replace("\"$5,000\"", p)).collect();
            let sheet = read(format!("{HEADER}{rows}").as_bytes(), limits()).unwrap();
            prop_assert_eq!(sheet.rows.len() + sheet.refusals.len(), prices.len());
        }
    }
}
