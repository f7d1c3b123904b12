//! Which module imports which.

use std::collections::{BTreeMap, VecDeque};

/// Modules and their imports, each with a file that has it.
pub struct Graph<'a> {
    imports: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
}

/// An import: from, to, file.
pub type Edge = (String, String, String);

impl<'a> Graph<'a> {
    pub fn new(edges: &'a [Edge]) -> Self {
        let mut imports: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (from, to, file) in edges {
            imports.entry(from).or_default().entry(to).or_insert(file);
        }
        Graph { imports }
    }
    pub fn edges(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.imports.iter().flat_map(|(from, to)| to.iter().map(|(to, file)| (*from, *to, *file)))
    }
    pub fn has(&self, from: &str, to: &str) -> bool {
        self.imports.get(from).is_some_and(|to_all| to_all.contains_key(to))
    }
    /// The shortest cycle that an import is part of: `from`, `to`, .., `from`.
    pub fn cycle(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut reached_by: BTreeMap<&str, &str> = BTreeMap::new();
        let mut next = VecDeque::from([to]);
        while let Some(module) = next.pop_front() {
            if module == from {
                let mut path = vec![from.to_string()];
                let mut at = module;
                while at != to {
                    at = reached_by[at];
                    path.insert(0, at.to_string());
                }
                path.insert(0, from.to_string());
                return Some(path);
            }
            for &neighbour in self.imports.get(module).into_iter().flat_map(BTreeMap::keys) {
                if neighbour != to && !reached_by.contains_key(neighbour) {
                    reached_by.insert(neighbour, module);
                    next.push_back(neighbour);
                }
            }
        }
        None
    }
}
