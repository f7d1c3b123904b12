//! Fields of forms: what they ask for, what was typed, and what is wrong with it.

use crate::{
    text::{Lang, fault},
    view::Layout,
};
use fm_sdk::FieldError;

/// One value of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub on: bool,
}

/// How a field looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An `input` of this type.
    Input(&'static str),
    Area,
    Select,
    Tick,
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
    pub kind: Kind,
    pub required: bool,
    pub hint: &'static str,
    pub error: String,
    /// What browsers may fill in.
    pub complete: &'static str,
    pub max: usize,
    /// A number as people write it: a keyboard of digits, and no `type=number`, which knows only one way of writing (HTML, section 4.10.5.1.12).
    pub numeric: bool,
    pub choices: Vec<Choice>,
    /// A list of proposals, by its id.
    pub proposals: &'static str,
    pub unit: &'static str,
    /// Takes the whole width.
    pub wide: bool,
    /// Takes half of the width of a phone.
    pub half: bool,
}

impl Entry {
    pub fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Entry {
            name,
            label,
            value: String::new(),
            kind,
            required: false,
            hint: "",
            error: String::new(),
            complete: "off",
            max: 0,
            numeric: false,
            choices: vec![],
            proposals: "",
            unit: "",
            wide: false,
            half: false,
        }
    }
    pub fn text(name: &'static str, label: &'static str) -> Self {
        Entry::new(name, label, Kind::Input("text"))
    }
    pub fn number(name: &'static str, label: &'static str) -> Self {
        Entry { numeric: true, max: 40, ..Entry::text(name, label) }
    }
    pub fn password(name: &'static str, label: &'static str, complete: &'static str) -> Self {
        Entry { complete, required: true, max: 512, ..Entry::new(name, label, Kind::Input("password")) }
    }
    pub fn area(name: &'static str, label: &'static str, max: usize) -> Self {
        Entry { max, wide: true, ..Entry::new(name, label, Kind::Area) }
    }
    pub fn select(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Entry { choices, ..Entry::new(name, label, Kind::Select) }
    }
    /// A box to tick.
    pub fn tick(name: &'static str, label: &'static str, on: bool) -> Self {
        Entry::new(name, label, Kind::Tick).with(if on { "on" } else { "" })
    }
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }
    pub fn half(mut self) -> Self {
        self.half = true;
        self
    }
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }
    pub fn complete(mut self, complete: &'static str) -> Self {
        self.complete = complete;
        self
    }
    pub fn most(mut self, characters: usize) -> Self {
        self.max = characters;
        self
    }
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }
    pub fn proposals(mut self, list: &'static str) -> Self {
        self.proposals = list;
        self
    }
    /// Fills in what was typed; never a password.
    pub fn with(mut self, value: impl Into<String>) -> Self {
        if self.kind != Kind::Input("password") {
            self.value = value.into();
        }
        for choice in &mut self.choices {
            choice.on = choice.value == self.value;
        }
        self
    }
    /// The type of an `input`; empty for others.
    pub fn input(&self) -> &'static str {
        match self.kind {
            Kind::Input(of) => of,
            Kind::Area | Kind::Select | Kind::Tick => "",
        }
    }
    pub fn is_area(&self) -> bool {
        self.kind == Kind::Area
    }
    pub fn is_tick(&self) -> bool {
        self.kind == Kind::Tick
    }
    /// What describes the field, by ids.
    pub fn described(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("h-{}", self.name));
        let error = (!self.error.is_empty()).then(|| format!("e-{}", self.name));
        [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Puts the API's complaints beside the fields; those that belong to no field come back.
pub fn blame(lang: Lang, entries: &mut [Entry], errors: &[FieldError]) -> Vec<String> {
    let mut rest = Vec::new();
    for error in errors {
        let text = fault(lang, &error.field, &error.message);
        // `options[3]` is a complaint about `options`, `location.postal_code` about `postal_code`.
        let field = error.field.split('[').next().unwrap_or_default();
        let field = field.rsplit('.').next().unwrap_or_default();
        match entries.iter_mut().find(|e| e.name == field) {
            Some(entry) => entry.error = text,
            None => rest.push(text),
        }
    }
    rest
}

/// Marks a page whose form was refused, for readers who cannot see the marks.
pub fn mark_failed(layout: &mut Layout, failed: &str) {
    layout.title = format!("{failed}: {}", layout.title);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_shown_beside_their_field_and_others_are_shown_too() {
        let mut form = [Entry::text("postal_code", "Postal code"), Entry::text("price", "Price")];
        let error = |field: &str, message: &str| FieldError { field: field.into(), message: message.into() };
        let rest =
            blame(Lang::En, &mut form, &[error("location.postal_code", "odd"), error("price", "x"), error("options[2]", "no option")]);
        assert!(!form[0].error.is_empty() && !form[1].error.is_empty());
        assert_eq!(rest.len(), 1);
    }

    #[test]
    fn a_password_is_never_written_back() {
        assert_eq!(Entry::password("password", "Password", "current-password").with("secret").value, "");
    }
}
