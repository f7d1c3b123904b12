//! The paths in a file that lead to other modules of the crate.

use crate::crate_source::{Module, only_for_tests};
use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Item, ItemUse, Macro, UseTree,
    visit::{self, Visit},
};

/// The last segment of `use a::*`.
pub const GLOB: &str = "*";

/// The paths of a module from the root of its crate (`crate::bus::Bus` is `bus`, `Bus`).
pub fn of(module: &Module, crate_name: &str) -> Vec<Vec<String>> {
    let mut collector = Collector { crate_name, at: module.path.clone(), found: Vec::new() };
    module.items.iter().for_each(|item| collector.visit_item(item));
    collector.found
}

/// The paths of a `use` declaration, as written, each with the name that it gives.
pub fn flatten(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            flatten(&path.tree).into_iter().map(|(rest, name)| ([vec![first.clone()], rest].concat(), name)).collect()
        }
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(rename) => vec![(vec![rename.ident.to_string()], rename.rename.to_string())],
        UseTree::Glob(_) => vec![(vec![GLOB.into()], GLOB.into())],
        UseTree::Group(group) => group.items.iter().flat_map(flatten).collect(),
    }
}

/// A path as written in the module `at`, from the root of its crate; nothing if it leads elsewhere.
pub fn from_root(path: &[String], at: &[String], crate_name: &str) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        own if own == crate_name => Some(rest.to_vec()),
        "self" => Some([at, rest].concat()),
        "super" => {
            let ups = path.iter().take_while(|segment| *segment == "super").count();
            Some([at.get(..at.len().checked_sub(ups)?)?, &path[ups..]].concat())
        }
        // In the root a plain path may begin with one of its modules.
        _ if at.is_empty() => Some(path.to_vec()),
        _ => None,
    }
}

struct Collector<'a> {
    crate_name: &'a str,
    at: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Collector<'_> {
    fn add(&mut self, path: &[String]) {
        self.found.extend(from_root(path, &self.at, self.crate_name).filter(|path| !path.is_empty()));
    }
    /// Macro calls are not parsed: every `crate::name`, `super::name` and `own_name::name` in their tokens counts.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let TokenTree::Group(group) = &tokens[at] {
                self.add_tokens(group.stream());
            }
            let path = path_at(&tokens[at..]);
            if path.len() > 1 && (path[0] == "crate" || path[0] == "super" || path[0] == self.crate_name) {
                self.add(&path);
            }
            at += (path.len() * 3).saturating_sub(2).max(1);
        }
    }
}

/// The longest `a::b::c` at the beginning of tokens.
fn path_at(tokens: &[TokenTree]) -> Vec<String> {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        path.push(name.to_string());
        if !is_colon(tokens.get(at + 1)) || !is_colon(tokens.get(at + 2)) {
            break;
        }
        at += 3;
    }
    path
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        match item {
            _ if only_for_tests(attributes) => {}
            Item::Mod(module) => {
                self.at.push(module.ident.to_string());
                module.content.iter().flat_map(|(_, items)| items).for_each(|item| self.visit_item(item));
                self.at.pop();
            }
            _ => visit::visit_item(self, item),
        }
    }
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // What the root re-exports is a name for others, not an import of the root.
        if self.at.is_empty() && !matches!(item.vis, syn::Visibility::Inherited) {
            return;
        }
        flatten(&item.tree).iter().for_each(|(path, _)| self.add(path));
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }
    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }
}
