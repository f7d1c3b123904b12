use crate::messages::CarNow;
use fm_sdk::{
    Result,
    http::Checks,
    text::{clean_label, clean_line, index_forms, query_form, words},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Values of one filter, at most.
const VALUES: usize = 64;
/// Characters of a value, at most.
const VALUE: usize = 60;
/// Characters of a text, at most.
const TEXT: usize = 200;

/// What is looked for, as `/api/cars` takes it: several values of one filter are "one of", filters are "and".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filters {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub maker: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub engine: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gearbox: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub color: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub option: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_to: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_to: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mileage_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mileage_to: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_to: Option<i64>,
    /// All of these words; the last one may be a beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Only cars of this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller: Option<String>,
    /// A German postal code or town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// Kilometres around `near`; the two come together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<i64>,
}

impl Filters {
    /// Checks everything, and puts it into the form in which like searches are equal.
    ///
    /// # Errors
    /// `invalid` (422), field by field; a search for everything is none.
    pub fn checked(mut self) -> Result<Self> {
        let mut checks = Checks::new();
        for (field, values) in self.lists_mut() {
            let fit =
                values.len() <= VALUES && values.iter().all(|v| (1..=VALUE).contains(&v.chars().count()) && !v.contains(char::is_control));
            checks = checks.field(field, fit, "must be up to 64 values of 1 to 60 characters");
            for value in values.iter_mut() {
                *value = clean_label(value).into_owned();
            }
            values.retain(|v| !v.is_empty());
            values.sort();
            values.dedup();
        }
        for (field, text) in [("q", &mut self.q), ("seller", &mut self.seller), ("near", &mut self.near)] {
            *text = text.take().map(|t| clean_line(&t).into_owned()).filter(|t| !t.is_empty());
            checks = checks.optional(field, text.as_ref(), |t| t.chars().count() <= TEXT, "must be up to 200 characters");
        }
        for (from, to, field) in self.ranges() {
            let fits = [from, to].into_iter().flatten().all(|n| (0..=10_000_000).contains(&n)) && from.zip(to).is_none_or(|(a, b)| a <= b);
            checks = checks.field(field, fits, "must be from 0 to 10,000,000, the least first");
        }
        checks = checks.optional("radius", self.radius.as_ref(), |km| (1..=1_000).contains(km), "must be from 1 to 1,000").field(
            "radius",
            self.radius.is_some() == self.near.is_some(),
            "near and radius come together",
        );
        checks.field("filters", self != Filters::default(), "must have at least one filter").finish()?;
        Ok(self)
    }
    fn lists_mut(&mut self) -> [(&'static str, &mut Vec<String>); 7] {
        [
            ("maker", &mut self.maker),
            ("model", &mut self.model),
            ("body", &mut self.body),
            ("engine", &mut self.engine),
            ("gearbox", &mut self.gearbox),
            ("color", &mut self.color),
            ("option", &mut self.option),
        ]
    }
    fn ranges(&self) -> [(Option<i64>, Option<i64>, &'static str); 4] {
        [
            (self.price_from, self.price_to, "price"),
            (self.year_from, self.year_to, "year"),
            (self.mileage_from, self.mileage_to, "mileage"),
            (self.power_from, self.power_to, "power"),
        ]
    }
    /// The one term under which the search lies: what narrows it down most, of what a car has one of.
    pub fn anchor(&self) -> String {
        let one = |values: &[String], name: &str| match values {
            [value] => Some(format!("{name}:{value}")),
            _ => None,
        };
        let seller = self.seller.as_ref().map(|s| format!("seller:{s}"));
        let narrow = seller.or_else(|| one(&self.model, "model")).or_else(|| one(&self.maker, "maker")).or_else(|| one(&self.body, "body"));
        narrow.unwrap_or_else(|| "*".into())
    }
    /// The terms under which searches lie that a car may match.
    pub fn anchors_of(car: &CarNow) -> Vec<String> {
        let mut terms = vec!["*".into(), format!("seller:{}", car.owner), format!("maker:{}", car.maker)];
        terms.extend(car.model.iter().map(|m| format!("model:{m}")));
        terms.extend(car.body.iter().map(|b| format!("body:{b}")));
        terms
    }
    /// Whether a car fits, its words aside.
    pub fn fit(&self, car: &CarNow) -> bool {
        let one_of = |asked: &[String], value: Option<&String>| asked.is_empty() || value.is_some_and(|v| asked.contains(v));
        let values = [Some(car.price), Some(i64::from(car.year)), car.mileage, car.power_ps];
        one_of(&self.maker, Some(&car.maker))
            && one_of(&self.model, car.model.as_ref())
            && one_of(&self.body, car.body.as_ref())
            && one_of(&self.engine, car.engine.as_ref())
            && one_of(&self.gearbox, car.gearbox.as_ref())
            && one_of(&self.color, car.color.as_ref())
            && (self.option.is_empty() || car.options.iter().any(|o| self.option.contains(o)))
            && self.seller.as_ref().is_none_or(|s| *s == car.owner)
            && self.ranges().into_iter().zip(values).all(|((from, to, _), value)| match value {
                None => from.is_none() && to.is_none(),
                Some(v) => from.is_none_or(|f| v >= f) && to.is_none_or(|t| v <= t),
            })
    }
    /// Whether a text has all the words; the last one may be a beginning.
    pub fn fit_text(&self, forms: &BTreeSet<String>) -> bool {
        let asked: Vec<_> = self.q.as_deref().map(|q| words(q).map(query_form).collect()).unwrap_or_default();
        let Some((last, whole)) = asked.split_last() else { return true };
        let begins = last.chars().count() >= 2 && forms.range(last.clone()..).next().is_some_and(|w| w.starts_with(last.as_str()));
        whole.iter().all(|w| forms.contains(w)) && (begins || forms.contains(last))
    }
}

/// The forms under which the words of a text are found.
pub fn forms_of(text: &str) -> BTreeSet<String> {
    words(text).flat_map(index_forms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golf() -> CarNow {
        CarNow {
            id: "c".into(),
            owner: "ann".into(),
            maker: "volkswagen".into(),
            model: Some("golf".into()),
            year: 2015,
            price: 9_000,
            body: Some("estate".into()),
            options: vec!["abs".into(), "esp".into()],
            ..CarNow::default()
        }
    }
    fn filters(json: serde_json::Value) -> Filters {
        serde_json::from_value::<Filters>(json).unwrap().checked().unwrap()
    }

    #[test]
    fn a_car_matches_one_value_of_every_filter() {
        use serde_json::json;
        for (fits, json) in [
            (true, json!({"maker": ["bmw", "volkswagen"], "price_to": 9_000, "option": ["esp", "tow_bar"]})),
            (true, json!({"seller": "ann", "year_from": 2015, "year_to": 2015})),
            (false, json!({"maker": ["volkswagen"], "price_to": 8_999})),
            (false, json!({"body": ["suv"]})),
            (false, json!({"color": ["red"]})),
            (false, json!({"mileage_to": 2_000_000})),
            (false, json!({"seller": "ben"})),
            (false, json!({"option": ["tow_bar"]})),
        ] {
            assert_eq!(filters(json.clone()).fit(&golf()), fits, "{json}");
        }
    }

    #[test]
    fn a_search_that_fits_lies_under_a_term_of_the_car() {
        use serde_json::json;
        for json in [
            json!({"model": ["golf"], "maker": ["volkswagen"]}),
            json!({"maker": ["volkswagen"], "body": ["estate"]}),
            json!({"maker": ["volkswagen", "bmw"], "body": ["estate"]}),
            json!({"price_to": 10_000}),
            json!({"seller": "ann", "model": ["golf"]}),
        ] {
            let search = filters(json.clone());
            assert!(search.fit(&golf()) && Filters::anchors_of(&golf()).contains(&search.anchor()), "{json}");
        }
        assert_eq!(filters(json!({"model": ["golf"], "maker": ["volkswagen"]})).anchor(), "model:golf");
    }

    #[test]
    fn words_are_found_as_the_search_finds_them() {
        let forms = forms_of("Käfer, Anhängerkupplung, TÜV neu");
        for (fits, q) in [(true, "kaefer"), (true, "tuv anhänger"), (true, "neu"), (false, "anhänger tuv"), (false, "kombi"), (true, "!")]
        {
            assert_eq!(Filters { q: Some(q.into()), ..Filters::default() }.fit_text(&forms), fits, "{q}");
        }
    }

    #[test]
    fn equivalent_searches_are_equal() {
        use serde_json::json;
        assert_eq!(filters(json!({"maker": ["b", " a ", "b"], "q": "  x "})), filters(json!({"maker": ["a", "b"], "q": "x"})));
    }
}
