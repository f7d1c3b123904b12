//! Reads what is needed of a certificate (RFC 5280, 4.1).

use asn1::{
    BitString, Choice2, Explicit, ObjectIdentifier, ParseError, ParseErrorKind, Parser, Sequence, SequenceOf, SetOf, Tlv, UtcTime,
    X509GeneralizedTime,
};
use fm_sdk::time::parse_rfc3339;
use std::fmt::Write;

/// Fields of a certificate.
#[derive(Debug)]
pub struct Fields {
    /// From when until when it is valid; seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// Whom it is for: a distinguished name in the form of RFC 4514.
    pub subject: String,
}

/// Says where the bytes of a certificate are none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(Box<ParseError>);

impl From<ParseError> for Malformed {
    fn from(error: ParseError) -> Self {
        Malformed(error.into())
    }
}

/// Reads a certificate in DER.
///
/// # Errors
/// For what is no certificate.
pub fn read(der: &[u8]) -> Result<Fields, Malformed> {
    asn1::parse(der, |p| {
        p.read_element::<Sequence<'_>>()?.parse(|p| {
            let fields = p.read_element::<Sequence<'_>>()?.parse(to_be_signed)?;
            p.read_element::<Sequence<'_>>()?;
            p.read_element::<BitString<'_>>()?;
            Ok(fields)
        })
    })
}

fn to_be_signed(p: &mut Parser<'_>) -> Result<Fields, Malformed> {
    p.read_element::<Option<Explicit<u8, 0>>>()?;
    for _serial_algorithm_issuer in 0..3 {
        p.read_element::<Tlv<'_>>()?;
    }
    let (not_before, not_after) = p.read_element::<Sequence<'_>>()?.parse(|p| Ok::<_, Malformed>((time(p)?, time(p)?)))?;
    let subject = name(p.read_element()?)?;
    while !p.is_empty() {
        p.read_element::<Tlv<'_>>()?;
    }
    Ok(Fields { not_before, not_after, subject })
}

fn time(p: &mut Parser<'_>) -> Result<i64, Malformed> {
    let time = match p.read_element::<Choice2<UtcTime, X509GeneralizedTime>>()? {
        Choice2::ChoiceA(time) => time.as_datetime().clone(),
        Choice2::ChoiceB(time) => time.as_datetime().clone(),
    };
    let (year, month, day) = (time.year(), time.month(), time.day());
    let text = format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second());
    parse_rfc3339(&text).map(|ms| ms / 1000).ok_or_else(|| ParseError::new(ParseErrorKind::InvalidValue).into())
}

/// RFC 4514, 2.1: the last one comes first.
fn name(name: SequenceOf<'_, SetOf<'_, Sequence<'_>>>) -> Result<String, Malformed> {
    let mut all = Vec::new();
    for of_one in name {
        let attributes = of_one.map(|attribute| attribute.parse(|p| Ok::<_, Malformed>(written(&p.read_element()?, &p.read_element()?))));
        all.push(attributes.collect::<Result<Vec<_>, _>>()?.join("+"));
    }
    all.reverse();
    Ok(all.join(","))
}

/// `CN=anna`; in hexadecimal digits what is no text (RFC 4514, 2.4).
fn written(attribute: &ObjectIdentifier, value: &Tlv<'_>) -> String {
    /// UTF8String, PrintableString, IA5String.
    const TEXTS: [u32; 3] = [12, 19, 22];
    let oid = attribute.to_string();
    let name = SHORT.iter().find(|(of, _)| *of == oid).map_or(oid.as_str(), |(_, short)| short);
    let text = str::from_utf8(value.data()).ok().filter(|_| TEXTS.contains(&value.tag().value()));
    match text {
        Some(text) => format!("{name}={}", escaped(text)),
        None => format!("{name}=#{}", hexadecimal(value.full_data())),
    }
}

/// RFC 4514, 3.
const SHORT: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// Writes bytes in hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// RFC 4514, 2.4: a value cannot pass for another attribute. What no header may have is escaped, too.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        let at_edge = at == 0 || at + c.len_utf8() == value.len();
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => {
                out.push('\\');
                out.push(c);
            }
            ' ' if at_edge => out.push_str("\\ "),
            '#' if at == 0 => out.push_str("\\#"),
            ' '..='~' => out.push(c),
            _ => {
                for byte in c.to_string().bytes() {
                    let _ = write!(out, "\\{byte:02x}");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn certificate(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.test".into()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        change(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let fields = read(&certificate(|params| {
            (params.not_before, params.not_after) = (date_time_ymd(1999, 12, 31), date_time_ymd(4096, 1, 1));
        }));
        let fields = fields.unwrap();
        assert_eq!((fields.not_before, fields.not_after, fields.subject.as_str()), (946_598_400, 67_090_118_400, ""));
    }

    #[test]
    fn a_subject_is_written_from_its_end() {
        let fields = read(&certificate(|params| {
            let name = &mut params.distinguished_name;
            name.push(DnType::CountryName, "DE");
            name.push(DnType::OrganizationName, "x, CN=admin");
            name.push(DnType::CommonName, "anna");
            name.push(DnType::CustomDnType(vec![1, 2, 3, 4]), "y");
        }));
        assert_eq!(fields.unwrap().subject, "1.2.3.4=y,CN=anna,O=x\\, CN\\=admin,C=DE");
    }

    #[test]
    fn a_value_cannot_pass_for_another_attribute() {
        for (value, written) in [
            ("anna", "anna"),
            ("anna, O=admin", "anna\\, O\\=admin"),
            ("a+CN=b", "a\\+CN\\=b"),
            (" a b ", "\\ a b\\ "),
            ("#1", "\\#1"),
            ("a\r\nb", "a\\0d\\0ab"),
            ("\u{e4}", "\\c3\\a4"),
        ] {
            assert_eq!(escaped(value), written);
        }
    }

    proptest! {
        #[test]
        fn bytes_that_are_no_certificate_are_an_error(at in 0usize..200, to in any::<u8>(), cut in 1usize..400) {
            let mut der = certificate(|_| ());
            let length = der.len();
            prop_assert!(read(&der[..length - cut.min(length)]).is_err());
            der[at] = to;
            let _ = read(&der);
        }
    }
}
