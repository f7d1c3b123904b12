//! Reads the tables: columns between ` | `, comments behind `#`.
//!
//! Bytes are written as text with `¶` for CR LF, `\r`, `\n`, `\t`, `\0`, `\\`, `\xHH`, and `{text*count}` for repetitions.

/// The columns of each row, `count` of them.
pub fn rows(table: &'static str, count: usize) -> Vec<Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.splitn(count, " | ").map(str::trim).collect()).collect();
    for row in &rows {
        assert_eq!(row.len(), count, "columns are missing: {row:?}");
    }
    rows
}

/// The bytes that a column stands for.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '¶' => out.extend(b"\r\n"),
            '\\' => rest = escape(rest, &mut out),
            '{' => match repeated(rest) {
                Some((piece, after)) => {
                    out.extend(piece);
                    rest = after;
                }
                None => out.push(b'{'),
            },
            _ => out.extend(c.to_string().bytes()),
        }
    }
    out
}

fn escape<'t>(rest: &'t str, out: &mut Vec<u8>) -> &'t str {
    let (code, used) = match &rest[..1] {
        "r" => (b'\r', 1),
        "n" => (b'\n', 1),
        "t" => (b'\t', 1),
        "0" => (0, 1),
        "\\" => (b'\\', 1),
        "x" => (u8::from_str_radix(&rest[1..3], 16).expect("two digits"), 3),
        other => panic!("no escape: {other}"),
    };
    out.push(code);
    &rest[used..]
}

fn repeated(rest: &str) -> Option<(Vec<u8>, &str)> {
    let (inside, after) = rest.split_once('}')?;
    let (piece, count) = inside.rsplit_once('*')?;
    Some((bytes(piece).repeat(count.parse().ok()?), after))
}

#[test]
fn a_column_stands_for_bytes() {
    assert_eq!(bytes("a¶\\0\\xff{x¶*2}{b}\\\\"), b"a\r\n\0\xffx\r\nx\r\n{b}\\");
}
