//! The header `Authorization` (RFC 9110, 11.6.2).

use http::{HeaderMap, header::AUTHORIZATION};

/// What stands behind the scheme in the one header that a request has. `None` also if there are several: the service might read another one.
pub fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (all.next()?, all.next()) else { return None };
    let (named, credentials) = value.to_str().ok()?.split_once(' ')?;
    named.eq_ignore_ascii_case(scheme).then_some(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn one_header_of_the_scheme_is_read_and_nothing_else() {
        for (values, found) in [
            (&["Bearer abc"][..], Some("abc")),
            (&["bEARER  a b"], Some(" a b")),
            (&["Bearer "], Some("")),
            (&["Bearer"], None),
            (&["Basic abc"], None),
            (&["Bearer abc", "Bearer abc"], None),
            (&[], None),
        ] {
            let headers: HeaderMap = values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect();
            assert_eq!(credentials(&headers, "bearer"), found, "{values:?}");
        }
    }
}
