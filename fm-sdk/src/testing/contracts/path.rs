//! Places in a JSON body, written as Pact's matching rules write them: `$.car.images[*].key`.

use std::{fmt, str::FromStr};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Field(String),
    Index(usize),
    /// `[*]` or `.*`: every element, every field.
    Every,
}

/// A path from the root, `$`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path(Vec<Step>);

impl Path {
    pub fn field(&self, name: &str) -> Self {
        self.then(Step::Field(name.into()))
    }
    pub fn index(&self, i: usize) -> Self {
        self.then(Step::Index(i))
    }
    pub fn every(&self) -> Self {
        self.then(Step::Every)
    }
    fn then(&self, step: Step) -> Self {
        Path(self.0.iter().cloned().chain([step]).collect())
    }
    /// The same path with all elements of an array for one of them.
    pub fn generalised(&self) -> Self {
        Path(self.0.iter().map(|s| if matches!(s, Step::Index(_)) { Step::Every } else { s.clone() }).collect())
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// How well a rule at this path fits a place: none if it is about another one. A rule also counts for what lies below its path; the
    /// longer path counts more, and a name more than a wildcard (Pact, "Matcher path weighting").
    pub fn weight(&self, place: &Path) -> Option<usize> {
        let mut product = 2; // the root fits always
        for (i, step) in self.0.iter().enumerate() {
            product *= match (step, place.0.get(i)?) {
                (Step::Every, _) => 1,
                (a, b) if a == b => 2,
                _ => return None,
            };
        }
        Some(product * (self.0.len() + 1))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Field(name) if is_plain(name) => write!(f, ".{name}")?,
                Step::Field(name) => write!(f, "['{name}']")?,
                Step::Index(i) => write!(f, "[{i}]")?,
                Step::Every => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no path");
        let mut rest = text.strip_prefix('$').ok_or_else(wrong)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(quoted) = rest.strip_prefix("['") {
                let (name, after) = quoted.split_once("']").ok_or_else(wrong)?;
                (Step::Field(name.into()), after)
            } else if let Some(index) = rest.strip_prefix('[') {
                let (index, after) = index.split_once(']').ok_or_else(wrong)?;
                let step = if index == "*" { Step::Every } else { Step::Index(index.parse().map_err(|_| wrong())?) };
                (step, after)
            } else {
                let name = rest.strip_prefix('.').ok_or_else(wrong)?;
                let (name, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
                (if name == "*" { Step::Every } else { Step::Field(name.into()) }, after)
            };
            if step == Step::Field(String::new()) {
                return Err(wrong());
            }
            steps.push(step);
            rest = after;
        }
        Ok(Path(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        for text in ["$", "$.car.price-now", "$.images[*].key", "$[0]", "$['a name'].b"] {
            assert_eq!(path(text).to_string(), text);
        }
        assert_eq!(path("$['car'].*"), path("$.car[*]"));
        for bad in ["", "car", "$car", "$.", "$.a..b", "$[", "$[x]", "$['a"] {
            assert!(bad.parse::<Path>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_rule_that_says_more_of_a_place_wins() {
        let place = path("$.images[0].key");
        let weights: Vec<_> = ["$", "$.images", "$.images[*]", "$.images[*].key", "$.images[0].key"].map(|p| path(p).weight(&place)).into();
        assert!(weights.is_sorted() && weights[0].is_some(), "{weights:?}");
        assert_eq!(path("$.images[1]").weight(&place), None);
        assert_eq!(path("$.images[0].key.more").weight(&place), None);
    }
}
