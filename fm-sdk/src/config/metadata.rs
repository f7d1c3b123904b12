use std::{collections::BTreeMap, fmt, str::FromStr};

/// What an instance says of itself in the registry: `zone=a,weight=3`. Names are letters, digits, `.`, `_` and `-` (1 to 63), values any
/// text that can be printed, without commas (256 bytes at most); a name occurs once. fm-gateway reads `weight` and `zone`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(pub BTreeMap<String, String>);

impl FromStr for Metadata {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is no NAME=VALUE"))?;
            let (name, value) = (name.trim(), value.trim());
            let named = (1..=63).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
            if !named {
                return Err(format!("`{name}` is no name: expected 1 to 63 letters, digits, `.`, `_` or `-`"));
            }
            if value.len() > 256 || value.contains(char::is_control) {
                return Err(format!("the value of `{name}` is longer than 256 bytes or cannot be printed"));
            }
            if all.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(format!("`{name}` occurs twice"));
            }
        }
        Ok(Metadata(all))
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{name}={value}", if n == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Metadata;

    #[test]
    fn pairs_are_read_and_printed() {
        for (text, printed) in
            [("", ""), ("zone=a", "zone=a"), (" zone = a , weight=3,", "weight=3,zone=a"), ("of=a=b,empty=", "empty=,of=a=b")]
        {
            assert_eq!(text.parse::<Metadata>().unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn what_is_no_pair_is_refused_with_its_name() {
        let long = format!("zone={}", "x".repeat(257));
        for (text, part) in [
            ("zone", "NAME=VALUE"),
            ("=a", "``"),
            ("a b=c", "`a b`"),
            ("zone=a,zone=b", "twice"),
            (long.as_str(), "256"),
            ("zone=a\nb", "printed"),
        ] {
            let refusal = text.parse::<Metadata>().unwrap_err();
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
