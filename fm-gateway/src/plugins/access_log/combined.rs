//! The combined log format of Apache httpd, which nginx and most analysers of logs know as well.

use super::{field, user};
use crate::pipeline::{Exchange, Outcome};
use fm_sdk::time::now_ms;
use http::header;
use std::{
    borrow::Cow,
    time::{Duration, UNIX_EPOCH},
};

/// Makes a line: `client - user [time] "request" status bytes "referer" "user agent"`.
pub fn line(exchange: &Exchange, outcome: &Outcome) -> String {
    let dash = || Cow::Borrowed("-");
    let quoted = |name| field::header(exchange, name).map_or_else(dash, |value| escaped(&value).into());
    let user = user(exchange).map_or_else(dash, |user| escaped(&user).replace(' ', "\\x20").into());
    let query = field::query(exchange).map(|query| format!("?{query}")).unwrap_or_default();
    let target = escaped(&format!("{}{query}", field::path(exchange)));
    let bytes = if outcome.sent == 0 { dash() } else { outcome.sent.to_string().into() };
    format!(
        r#"{} - {user} [{}] "{} {target} {}" {} {bytes} "{}" "{}""#,
        exchange.client.ip,
        time(now_ms()),
        exchange.head.method,
        field::protocol(exchange),
        outcome.status.as_u16(),
        quoted(&header::REFERER),
        quoted(&header::USER_AGENT),
    )
}

/// What can neither end its field nor its line.
fn escaped(text: &str) -> String {
    text.as_bytes().escape_ascii().to_string().replace(r"\'", "'")
}

/// As `06/Nov/1994:08:49:37 +0000`, made of `Sun, 06 Nov 1994 08:49:37 GMT`.
fn time(at_ms: i64) -> String {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at_ms.unsigned_abs()));
    let (day, rest) = date[5..].split_at(11);
    format!("{}:{} +0000", day.replace(' ', "/"), rest.trim_start_matches(' ').trim_end_matches(" GMT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_common_log_format() {
        assert_eq!(time(784_111_777_000), "06/Nov/1994:08:49:37 +0000");
    }

    #[test]
    fn nothing_ends_a_field_or_a_line_early() {
        assert_eq!(escaped("it's\" \\ \r\nx\u{7f}ä"), r#"it's\" \\ \r\nx\x7f\xc3\xa4"#);
    }
}
