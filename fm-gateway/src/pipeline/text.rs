//! Settings with values that are known later: `${variable}` per request, `env{NAME}` when the table is loaded.

use super::Exchange;
use serde_json::Value;
use std::borrow::Cow;

/// A text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Var(String),
}

impl Text {
    /// Reads a text; `$${` stands for `${` itself.
    ///
    /// # Errors
    /// A sentence, for a variable that does not end.
    pub fn parse(text: &str) -> Result<Text, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                plain.push_str(&rest[..at - 1]);
                plain.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            plain.push_str(&rest[..at]);
            let (name, after) = rest[at + 2..].split_once('}').ok_or_else(|| format!("{text}: a ${{ has no end"))?;
            if name.is_empty() {
                return Err(format!("{text}: a variable has no name"));
            }
            if !plain.is_empty() {
                parts.push(Part::Plain(std::mem::take(&mut plain)));
            }
            parts.push(Part::Var(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Plain(plain));
        }
        Ok(Text(parts))
    }

    /// The variables it uses.
    pub fn vars(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Var(name) => Some(name.as_str()),
            Part::Plain(_) => None,
        })
    }

    /// The variable that it is, if it is nothing else.
    pub fn as_var(&self) -> Option<&str> {
        match &self.0[..] {
            [Part::Var(name)] => Some(name),
            _ => None,
        }
    }

    /// Puts the values in. A variable without a value is empty.
    pub fn render<'a>(&'a self, exchange: &'a Exchange) -> Cow<'a, str> {
        match &self.0[..] {
            [] => "".into(),
            [Part::Plain(text)] => text.as_str().into(),
            [Part::Var(name)] => exchange.var(name).unwrap_or_default(),
            parts => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Plain(text) => out.push_str(text),
                        Part::Var(name) => out.push_str(&exchange.var(name).unwrap_or_default()),
                    }
                }
                out.into()
            }
        }
    }
}

/// Replaces every `env{NAME}` in the texts of a value.
///
/// # Errors
/// The name of a variable that is not set.
pub fn expand_env(value: &mut Value, env: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            while let Some(at) = text.find("env{") {
                let Some(length) = text[at..].find('}') else { return Ok(()) };
                let name = text[at + 4..at + length].to_owned();
                text.replace_range(at..=at + length, &env(&name).ok_or(name)?);
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| expand_env(item, env)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| expand_env(field, env)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_and_escapes_are_not() {
        let text = Text::parse("http://${service}:$${x}/${path.id}").unwrap();
        assert_eq!(text.vars().collect::<Vec<_>>(), ["service", "path.id"]);
        assert_eq!(text.as_var(), None);
        assert_eq!(Text::parse("${target}").unwrap().as_var(), Some("target"));
        assert!(Text::parse("${open").is_err() && Text::parse("${}").is_err());
    }

    #[test]
    fn environment_values_are_put_in_or_missed_by_name() {
        let env = |name: &str| (name == "HOST").then(|| "h".to_owned());
        let mut value = serde_json::json!({"a": ["http://env{HOST}:env{HOST}"], "n": 1});
        expand_env(&mut value, &env).unwrap();
        assert_eq!(value, serde_json::json!({"a": ["http://h:h"], "n": 1}));
        assert_eq!(expand_env(&mut serde_json::json!("env{NONE}"), &env), Err("NONE".into()));
    }
}
