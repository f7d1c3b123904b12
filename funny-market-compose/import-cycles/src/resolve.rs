//! From paths to imports between top-level modules.

use crate::{
    crate_source::{CrateSource, only_for_tests},
    graph::Edge,
    references::{self, GLOB},
};
use std::collections::{BTreeMap, BTreeSet};
use syn::Item;

/// The module that what the root defines itself belongs to.
const ROOT: &str = "lib";

/// All imports between top-level modules, and the files that import the whole root.
pub fn imports(source: &CrateSource) -> (Vec<Edge>, Vec<String>) {
    let modules = source.top_level();
    let names = root_names(source, &modules);
    let (mut edges, mut globs) = (Vec::new(), Vec::new());
    for module in &source.modules {
        let from = module.path.first().map_or(ROOT, String::as_str);
        for path in references::of(module, &source.name) {
            let first = path[0].as_str();
            if first == GLOB && from != ROOT {
                globs.push(module.file.clone());
                continue;
            }
            let to = if modules.contains(first) { Some(first) } else { names.get(first).map(String::as_str) };
            if let Some(to) = to.filter(|to| *to != from) {
                edges.push((from.to_string(), to.to_string(), module.file.clone()));
            }
        }
    }
    (edges, globs)
}

/// Names that are not modules but lie in the root: re-exported, exported macros, and defined there.
fn root_names(source: &CrateSource, modules: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for module in &source.modules {
        for item in &module.items {
            if let Item::Macro(defined) = item
                && let Some(name) = &defined.ident
                && defined.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
            {
                names.insert(name.to_string(), module.path.first().map_or(ROOT, String::as_str).to_string());
            }
        }
    }
    for item in &source.root().items {
        if let Item::Use(item) = item
            && !only_for_tests(&item.attrs)
        {
            for (path, name) in references::flatten(&item.tree) {
                let path = references::from_root(&path, &[], &source.name).unwrap_or_default();
                if let Some(first) = path.first().filter(|first| modules.contains(first.as_str())) {
                    names.insert(name, first.clone());
                }
            }
        }
        names.extend(defined_name(item).map(|name| (name, ROOT.to_string())));
    }
    names
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
