//! What can be wrong with a file as a whole. It is said once, with its cause, instead of row by row.

use fm_sdk::{Error, Kind, Result};

/// Bytes at the start of a file that show its encoding.
const START: usize = 1_000;

/// Makes the error for a whole file: 422.
pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, code, message)
}

/// Lets only files pass that have a text in UTF-8, with or without a byte order mark. Some damaged bytes in it refuse their rows alone.
///
/// # Errors
/// `csv-empty`, `csv-encoding`.
pub(super) fn check_text(file: &[u8]) -> Result<()> {
    if let Some(encoding) = wide(file) {
        return Err(refused("csv-encoding", format!("the file is in {encoding}; save it as UTF-8")));
    }
    let text = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    if text.trim_ascii().is_empty() {
        return Err(refused("csv-empty", "the file is empty"));
    }
    // Bytes that are no UTF-8 beside letters that are: damage. Without any such letter: another encoding.
    let has_mark = text.len() < file.len();
    let mut at = 0;
    let mut first_wrong = None;
    for chunk in text.utf8_chunks() {
        if has_mark || !chunk.valid().is_ascii() {
            return Ok(());
        }
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() && first_wrong.is_none() {
            first_wrong = Some(at);
        }
        at += chunk.invalid().len();
    }
    let Some(at) = first_wrong else { return Ok(()) };
    let line = Lines::of(text).at(at);
    Err(refused(
        "csv-encoding",
        format!("the file is not in UTF-8 (line {line}), but in Windows-1252, Latin-1 or the like; save it as UTF-8"),
    ))
}

/// Names the encoding of units of two or four bytes: by its byte order mark, or by the zeros that Latin letters have in it.
fn wide(file: &[u8]) -> Option<&'static str> {
    match file {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Some("UTF-32"),
        [0xFF, 0xFE, ..] => return Some("UTF-16 (little-endian)"),
        [0xFE, 0xFF, ..] => return Some("UTF-16 (big-endian)"),
        _ => {}
    }
    let (pairs, _) = file[..file.len().min(START)].as_chunks::<2>();
    let mostly = |zeros: usize| !pairs.is_empty() && zeros * 10 > pairs.len() * 8;
    if mostly(pairs.iter().filter(|[a, b]| *a != 0 && *b == 0).count()) {
        return Some("UTF-16 (little-endian)");
    }
    mostly(pairs.iter().filter(|[a, b]| *a == 0 && *b != 0).count()).then_some("UTF-16 (big-endian)")
}

/// Counts physical lines as text editors do: CR LF, LF and CR each end one.
pub(super) struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Lines { file, at: 0, line: 1 }
    }
    /// Gives the line of a byte; later bytes only.
    pub(super) fn at(&mut self, byte: usize) -> u64 {
        while self.at < byte.min(self.file.len()) {
            self.line += match self.file[self.at] {
                b'\n' => u64::from(self.at == 0 || self.file[self.at - 1] != b'\r'),
                b'\r' => 1,
                _ => 0,
            };
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(file: &[u8]) -> Option<String> {
        check_text(file).err().map(|e| e.code().to_owned())
    }
    fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn the_encoding_of_a_file_is_recognised() {
        let text = "name,price\nGolf,1\n";
        assert_eq!(code(text.as_bytes()), None);
        assert_eq!(code(format!("\u{feff}{text}").as_bytes()), None);
        assert_eq!(code("name\nK\u{e4}fer\n".as_bytes()), None);
        for mark in ["", "\u{feff}"] {
            for unit in [u16::to_le_bytes, u16::to_be_bytes] {
                let file = utf_16(&format!("{mark}{text}"), unit);
                assert_eq!(code(&file).as_deref(), Some("csv-encoding"), "{file:?}");
                assert!(check_text(&file).unwrap_err().message().contains("UTF-16"));
            }
        }
        let latin_1 = check_text(b"name\nGolf\nK\xE4fer\nM\xFCll\n").unwrap_err();
        assert_eq!(latin_1.code(), "csv-encoding");
        assert!(latin_1.message().contains("line 3") && latin_1.message().contains("Latin-1"), "{}", latin_1.message());
    }
    #[test]
    fn damaged_bytes_in_a_file_that_is_utf_8_are_the_business_of_their_rows() {
        assert_eq!(code(b"name\nK\xE4fer\nM\xC3\xBCll\n"), None);
        assert_eq!(code(b"\xEF\xBB\xBFname\nK\xE4fer\n"), None);
        assert_eq!(code(b"name\nGo\0lf\n"), None, "a single zero is no UTF-16");
    }
    #[test]
    fn a_file_of_nothing_but_blanks_is_empty() {
        for file in [b"" as &[u8], b"\xEF\xBB\xBF", b"\n", b"\r\n \t\r\n"] {
            assert_eq!(code(file).as_deref(), Some("csv-empty"), "{file:?}");
        }
    }
    #[test]
    fn line_endings_are_recognised_as_in_an_editor() {
        let lines = |text: &str| Lines::of(text.as_bytes()).at(text.len());
        for (text, line) in [("", 1), ("a", 1), ("a\n", 2), ("a\r\nb", 2), ("a\rb\r", 3), ("\n\r\r\n\n", 5), ("\r\r\n\r", 4)] {
            assert_eq!(lines(text), line, "{text:?}");
        }
        let mut counted = Lines::of(b"a\r\nb\rc\nd");
        assert_eq!([0, 1, 2, 3, 5, 7].map(|at| counted.at(at)), [1, 1, 2, 2, 3, 4]);
    }
}
