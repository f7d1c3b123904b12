use serde::{Deserialize, Serialize};

/// What users tell of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalData {
    pub name: Option<String>,
    pub location: Option<String>,
    pub phone: Option<String>,
    pub about: Option<String>,
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
    fn numbers_are_taken_and_others_refused() {
        for good in ["+49 (0)30 / 123-456", "12345", "030.123456"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "+", "1234", "+49+30 1234", "call me", "12345<b>", "123456789012345678901", &format!("12345{}", " ".repeat(40))] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
