//! All plugins that routes may use.

use super::{Plugin, schema};
use crate::plugins;
use std::{collections::BTreeMap, sync::Arc};

/// Plugins by name.
#[derive(Clone, Default)]
pub struct Catalogue(BTreeMap<&'static str, Arc<dyn Plugin>>);

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Catalogue {
    /// Has no plugin.
    pub fn empty() -> Self {
        Catalogue::default()
    }

    /// Has those that come with the gateway.
    pub fn shipped() -> Self {
        let mut catalogue = Catalogue::empty();
        for plugin in plugins::all() {
            catalogue.0.insert(plugin.name(), plugin);
        }
        catalogue
    }

    /// Adds a plugin.
    ///
    /// # Errors
    /// A sentence, if its name is taken or its schema has a keyword that is not understood.
    pub fn add(&mut self, plugin: Arc<dyn Plugin>) -> Result<(), String> {
        let name = plugin.name();
        schema::check_schema(&plugin.schema()).map_err(|e| format!("plugin {name}: {e}"))?;
        if self.0.contains_key(name) {
            return Err(format!("there is a plugin {name} already"));
        }
        self.0.insert(name, plugin);
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&Arc<dyn Plugin>> {
        self.0.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Plugin>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_plugin_has_a_schema_that_is_understood_and_closed() {
        for plugin in Catalogue::shipped().iter() {
            let schema = plugin.schema();
            schema::check_schema(&schema).unwrap_or_else(|e| panic!("{}: {e}", plugin.name()));
            assert_eq!(schema["additionalProperties"], false, "{}", plugin.name());
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let mut catalogue = Catalogue::shipped();
        let again = catalogue.iter().next().unwrap().clone();
        assert!(catalogue.add(again).is_err());
    }
}
