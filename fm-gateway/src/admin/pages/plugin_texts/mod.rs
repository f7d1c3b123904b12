//! German for what the plugins that are shipped say of themselves and of their settings. Their own words are English: they are the JSON Schema that
//! programs read. A plugin that is not shipped stays as it is.

mod about;
mod help;
mod titles;

use super::fields::Field;
use about::ABOUT;
use help::HELP;
use titles::TITLES;

/// English and German of all texts.
fn texts() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [ABOUT, TITLES, HELP].into_iter().flatten()
}

/// A text of a plugin in the language of a page.
pub fn text_of_plugin(english: &str, is_german: bool) -> &str {
    texts().find(|(known, _)| is_german && *known == english).map_or(english, |(_, german)| german)
}

/// The fields of a plugin's form in the language of a page.
pub fn localised(mut fields: Vec<Field>, is_german: bool) -> Vec<Field> {
    for field in &mut fields {
        field.title = text_of_plugin(&field.title, is_german).to_owned();
        field.help = text_of_plugin(&field.help, is_german).to_owned();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{super::fields::fields, *};
    use crate::pipeline::Catalogue;
    use serde_json::Map;
    use std::collections::BTreeSet;

    /// All texts of the plugins that are shipped.
    fn said() -> BTreeSet<String> {
        let catalogue = Catalogue::shipped();
        let of_fields = |field: Field| [field.title, field.help];
        let texts = catalogue.iter().flat_map(|plugin| {
            let fields = fields(&plugin.schema(), &Map::new(), "", "", &[]).into_iter().flat_map(of_fields);
            fields.chain([plugin.about().to_owned()]).collect::<Vec<_>>()
        });
        texts.filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn every_text_of_a_shipped_plugin_is_german_on_a_german_page() {
        let english: Vec<String> = said().into_iter().filter(|text| !texts().any(|(known, _)| known == text)).collect();
        assert!(english.is_empty(), "{english:#?}");
        assert_eq!(text_of_plugin("Retries", true), "Wiederholungen");
        assert_eq!((text_of_plugin("Retries", false), text_of_plugin("of another's plugin", true)), ("Retries", "of another's plugin"));
    }

    #[test]
    fn every_translated_text_belongs_to_a_plugin() {
        let said = said();
        let unsaid: Vec<&str> = texts().map(|(english, _)| *english).filter(|text| !said.contains(*text)).collect();
        assert!(unsaid.is_empty(), "{unsaid:#?}");
    }
}
