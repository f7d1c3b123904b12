//! The first line of a file: where each column is.

use super::file::refused;
use csv::{ByteRecord, ReaderBuilder};
use fm_sdk::Result;

/// The columns that there must be.
pub(super) const COLUMNS: [&str; 11] =
    ["name", "price", "vehicleType", "yearOfRegistration", "gearbox", "powerPS", "model", "odometer", "fuelType", "brand", "postalCode"];
/// Columns that are read where they are; others are skipped.
pub(super) const OPTIONAL: [&str; 2] = ["monthOfRegistration", "notRepairedDamage"];
/// What else separates columns in files that call themselves CSV.
const OTHER_DELIMITERS: [(u8, &str); 3] = [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];

/// Where each of [`COLUMNS`] and [`OPTIONAL`] is.
pub(super) struct Places {
    pub columns: [usize; COLUMNS.len()],
    pub optional: [Option<usize>; OPTIONAL.len()],
}

/// Finds the columns in the header line of the file.
///
/// # Errors
/// `csv-delimiter`, `csv-columns`.
pub(super) fn places(header: &ByteRecord, file: &[u8]) -> Result<Places> {
    let found = COLUMNS.map(|name| positions(header, name));
    let missing: Vec<_> = COLUMNS.iter().zip(&found).filter(|(_, at)| at.is_empty()).map(|(name, _)| *name).collect();
    let (known, delimiter) =
        OTHER_DELIMITERS.map(|(delimiter, name)| (known_columns(file, delimiter), name)).into_iter().max().unwrap_or((0, ""));
    if known > COLUMNS.len() - missing.len() {
        return Err(refused("csv-delimiter", format!("the columns are separated by {delimiter}; separate them by commas")));
    }
    if !missing.is_empty() {
        return Err(refused("csv-columns", format!("columns are missing in the first line: {}", missing.join(", "))));
    }
    let also = OPTIONAL.map(|name| positions(header, name));
    let all = COLUMNS.iter().chain(&OPTIONAL).zip(found.iter().chain(&also));
    let double: Vec<_> = all.filter(|(_, at)| at.len() > 1).map(|(name, _)| *name).collect();
    if !double.is_empty() {
        return Err(refused("csv-columns", format!("columns are given twice in the first line: {}", double.join(", "))));
    }
    Ok(Places { columns: found.map(|at| at[0]), optional: also.map(|at| at.first().copied()) })
}

fn positions(header: &ByteRecord, name: &str) -> Vec<usize> {
    header.iter().enumerate().filter(|(_, cell)| cell.trim_ascii() == name.as_bytes()).map(|(at, _)| at).collect()
}

/// How many columns there are if this is what separates them.
fn known_columns(file: &[u8], delimiter: u8) -> usize {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
    let header = reader.byte_headers().cloned().unwrap_or_default();
    COLUMNS.iter().filter(|name| !positions(&header, name).is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(header: &str) -> Option<(String, String)> {
        let file = format!("{header}\n1,2\n");
        let record = csv::Reader::from_reader(file.as_bytes()).byte_headers().unwrap().clone();
        places(&record, file.as_bytes()).err().map(|e| (e.code().to_owned(), e.message().to_owned()))
    }

    #[test]
    fn a_header_error_names_its_cause_once() {
        let header = COLUMNS.join(",");
        assert_eq!(refusal(&header), None);
        assert_eq!(refusal(&format!(" {},x ", header.replace(',', " ,\t"))), None, "blanks around names do not matter");
        for (delimiter, name) in [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")] {
            let (code, message) = refusal(&header.replace(',', delimiter)).unwrap();
            assert_eq!(code, "csv-delimiter", "{delimiter:?}: {message}");
            assert!(message.contains(name), "{message}");
        }
        let two = refusal(&header.replace("price", "preis").replace("brand", "marke")).unwrap();
        assert_eq!(two, ("csv-columns".into(), "columns are missing in the first line: price, brand".into()));
        let twice = refusal(&format!("{header},price,other,other")).unwrap();
        assert_eq!(twice, ("csv-columns".into(), "columns are given twice in the first line: price".into()));
        let twice = refusal(&format!("{header},monthOfRegistration,monthOfRegistration")).unwrap();
        assert_eq!(twice.1, "columns are given twice in the first line: monthOfRegistration");
        assert_eq!(refusal("a;b").unwrap().0, "csv-columns", "no column of ours either way");
    }
}
