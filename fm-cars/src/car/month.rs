use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr};
use time::OffsetDateTime;

/// A month of a year, written `2027-05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearMonth {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
}

impl YearMonth {
    /// The month of a moment, in milliseconds since the Unix epoch, UTC.
    pub fn at(now_ms: i64) -> Self {
        let now = OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        YearMonth { year: u16::try_from(now.year()).unwrap_or(0), month: now.month().into() }
    }
}
impl FromStr for YearMonth {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        let (year, month) = text.split_once('-').filter(|(year, month)| digits(year, 4) && digits(month, 2)).ok_or(())?;
        let month = month.parse().ok().filter(|month| (1..=12).contains(month)).ok_or(())?;
        Ok(YearMonth { year: year.parse().map_err(drop)?, month })
    }
}
impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}
impl Serialize for YearMonth {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for YearMonth {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(|()| D::Error::custom("not a month"))
    }
}

#[cfg(test)]
mod tests {
    use super::YearMonth;

    #[test]
    fn a_moment_is_in_its_month() {
        assert_eq!(YearMonth::at(1_790_000_000_000).to_string(), "2026-09");
        assert_eq!((YearMonth::at(-1).to_string(), YearMonth::at(0).to_string()), ("1969-12".into(), "1970-01".into()));
    }

    #[test]
    fn months_are_read_as_they_are_written() {
        for text in ["2027-05", "1999-12", "0001-01"] {
            assert_eq!(text.parse::<YearMonth>().unwrap().to_string(), text);
        }
        for bad in ["", "2027", "2027-13", "2027-00", "2027-5", "05/2027", "-027-05", "2027-05-01", "２０２７-05"] {
            assert!(bad.parse::<YearMonth>().is_err(), "{bad}");
        }
    }
}
