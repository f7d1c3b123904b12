//! What was computed about the last few tables: pages ask about the same ones with each request, and a large one takes long.
//!
//! Tables are found by their text in the registry, problems and differences by the tables themselves, so nothing here can be out of date.

use super::history::{RouteChange, diff};
use crate::{
    front::GatewayMetrics,
    pipeline::{Catalogue, check},
    table::{Problem, Table, read},
};
use actix_web::web;
use fm_sdk::{Result, ResultExt};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// How many are kept of each: the table in force and the drafts of two editors, of which each may be as large as it.
const CAPACITY: usize = 4;

/// Two tables that were compared.
type BeforeAndAfter = (Arc<Table>, Arc<Table>);

/// The last tables, what is wrong with them, and how they differ.
pub struct TableCache {
    catalogue: Catalogue,
    parsed: Recent<String, Arc<Table>>,
    problems: Recent<Arc<Table>, Arc<[Problem]>>,
    changes: Recent<BeforeAndAfter, Arc<[RouteChange]>>,
    metrics: GatewayMetrics,
}

impl TableCache {
    pub fn new(catalogue: Catalogue, metrics: GatewayMetrics) -> TableCache {
        TableCache { catalogue, parsed: Recent::default(), problems: Recent::default(), changes: Recent::default(), metrics }
    }

    /// The table that a text of the registry says.
    ///
    /// # Errors
    /// A sentence with line and column.
    pub fn parse(&self, text: &str) -> std::result::Result<Arc<Table>, String> {
        if let Some(table) = self.parsed.find(|known| known == text) {
            return Ok(table);
        }
        self.metrics.table_computed("parse");
        let table = Arc::new(read(text)?);
        self.parsed.keep(text.to_owned(), table.clone());
        Ok(table)
    }

    /// All that is wrong with a table. It is checked off the async threads.
    ///
    /// # Errors
    /// None in practice: a panic of a plugin.
    pub async fn problems(&self, table: &Arc<Table>) -> Result<Arc<[Problem]>> {
        if let Some(problems) = self.problems.find(|known| Arc::ptr_eq(known, table)) {
            return Ok(problems);
        }
        self.metrics.table_computed("check");
        let (checked, catalogue) = (table.clone(), self.catalogue.clone());
        let found = web::block(move || check(&checked, &catalogue)).await.internal()?;
        let problems: Arc<[Problem]> = found.err().map(|problems| problems.0).unwrap_or_default().into();
        self.problems.keep(table.clone(), problems.clone());
        Ok(problems)
    }

    /// What differs between two tables.
    pub fn changes(&self, before: &Arc<Table>, after: &Arc<Table>) -> Arc<[RouteChange]> {
        if Arc::ptr_eq(before, after) {
            return Arc::default();
        }
        if let Some(changes) = self.changes.find(|(a, b)| Arc::ptr_eq(a, before) && Arc::ptr_eq(b, after)) {
            return changes;
        }
        self.metrics.table_computed("compare");
        let changes: Arc<[RouteChange]> = diff(before, after).into();
        self.changes.keep((before.clone(), after.clone()), changes.clone());
        changes
    }
}

/// The last few values by their keys, newest first.
struct Recent<K, V>(Mutex<VecDeque<(K, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent(Mutex::default())
    }
}

impl<K, V: Clone> Recent<K, V> {
    fn find(&self, is_it: impl Fn(&K) -> bool) -> Option<V> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.iter().position(|(key, _)| is_it(key)).and_then(|at| entries.remove(at))?;
        let value = entry.1.clone();
        entries.push_front(entry);
        Some(value)
    }

    fn keep(&self, key: K, value: V) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push_front((key, value));
        entries.truncate(CAPACITY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::market;
    use fm_sdk::metrics::Metrics;

    fn cache() -> TableCache {
        TableCache::new(Catalogue::shipped(), GatewayMetrics::new(Metrics::default()))
    }

    fn text(note: &str) -> String {
        serde_json::to_string(&Table { note: note.into(), ..market() }).unwrap()
    }

    #[test]
    fn a_text_is_parsed_once_while_it_is_among_the_last_ones() {
        let cache = cache();
        let first = cache.parse(&text("first")).unwrap();
        for n in 1..CAPACITY {
            cache.parse(&text(&n.to_string())).unwrap();
        }
        assert!(Arc::ptr_eq(&first, &cache.parse(&text("first")).unwrap()), "it was used last");
        for n in 0..CAPACITY {
            cache.parse(&text(&format!("other {n}"))).unwrap();
        }
        let again = cache.parse(&text("first")).unwrap();
        assert!(!Arc::ptr_eq(&first, &again) && first == again);
        assert!(cache.parse("{").is_err() && cache.parse("{").is_err());
    }

    #[actix_web::test]
    async fn problems_and_changes_are_those_of_the_tables_that_are_asked_for() {
        let cache = cache();
        let good = cache.parse(&text("good")).unwrap();
        let mut changed = market();
        changed.routes[0].path = "no path".into();
        let bad = Arc::new(changed);
        for _ in 0..2 {
            assert!(cache.problems(&good).await.unwrap().is_empty());
            assert!(!cache.problems(&bad).await.unwrap().is_empty());
            assert_eq!(cache.changes(&good, &bad).to_vec(), diff(&good, &bad));
            assert_eq!(cache.changes(&bad, &good).to_vec(), diff(&bad, &good));
            assert!(cache.changes(&good, &good).is_empty());
        }
    }
}
