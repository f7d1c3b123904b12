use super::OpeningHours;
use fm_sdk::text::{clean_line, clean_lines};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

/// What users tell of themselves. What was stored before a rule of cleaning held is cleaned when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalData {
    #[serde(default, deserialize_with = "line")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "line")]
    pub location: Option<String>,
    pub phone: Option<String>,
    #[serde(default, deserialize_with = "lines")]
    pub about: Option<String>,
    #[serde(default)]
    pub opening_hours: Option<OpeningHours>,
}

fn cleaned<'de, D: Deserializer<'de>>(from: D, clean: fn(&str) -> Cow<'_, str>) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.map(|t| clean(&t).into_owned()).filter(|t| !t.is_empty()))
}
fn line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    cleaned(from, clean_line)
}
fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    cleaned(from, clean_lines)
}

impl PersonalData {
    /// The number as strangers see it: enough to know that there is one.
    pub fn masked_phone(&self) -> Option<String> {
        let phone = self.phone.as_ref()?;
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        let mut seen = 0;
        let masked = phone.chars().map(|c| {
            seen += usize::from(c.is_ascii_digit());
            if c.is_ascii_digit() && seen > 3.min(digits / 2) { '*' } else { c }
        });
        Some(masked.collect())
    }
}

/// Whether this can be a telephone number: 5 to 20 digits, as people write them.
pub fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    (5..=20).contains(&digits) && text.len() <= 40 && rest.chars().all(|c| c.is_ascii_digit() || " ()-/.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_a_number_is_masked() {
        let masked = |phone: &str| PersonalData { phone: Some(phone.into()), ..PersonalData::default() }.masked_phone().unwrap();
        assert_eq!(masked("+49 170 1234567"), "+49 1** *******");
        assert_eq!(masked("12345"), "12***");
    }

    #[test]
    fn profiles_stored_before_the_rules_are_cleaned_when_read() {
        let stored = r#"{"name":"A\u202enn\u200b","location":"\u2060","phone":null,"about":"Ka\u0308fer\n\u2066👨\u200d👩"}"#;
        let data: PersonalData = serde_json::from_str(stored).unwrap();
        let text = |t: &str| Some(t.to_owned());
        assert_eq!((data.name, data.location, data.about), (text("Ann"), None, text("Käfer\n👨\u{200d}👩")));
    }

    #[test]
    fn valid_phone_numbers_are_accepted_and_others_refused() {
        for good in ["+49 (0)30 / 123-456", "12345", "030.123456"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "+", "1234", "+49+30 1234", "call me", "12345<b>", "123456789012345678901", &format!("12345{}", " ".repeat(40))] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
