//! Finds the route of a request: highest priority, then most specific host, then most specific path, then named methods.

mod host;
mod methods;
mod pattern;
mod trie;

pub use {
    host::HostRule,
    methods::MethodSet,
    pattern::{Pattern, Segment},
};

use std::collections::HashMap;
use trie::{Claim, Trie};

/// What a route claims, parsed.
#[derive(Clone, Debug)]
pub struct Rule {
    pub hosts: Vec<HostRule>,
    pub pattern: Pattern,
    pub methods: MethodSet,
    pub priority: i32,
    /// Asked only if no other rule matches host and path.
    pub fallback: bool,
}

/// The answer of a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The index of the rule.
    Route(usize),
    /// Rules match host and path, but not the method; these methods would.
    WrongMethod(MethodSet),
    Nothing,
}

/// All rules, ready for look-ups without allocation.
#[derive(Debug, Default)]
pub struct Router {
    rules: Layer,
    fallbacks: Layer,
}

#[derive(Debug, Default)]
struct Layer {
    any: Trie,
    exact: HashMap<Box<str>, Trie>,
    below: HashMap<Box<str>, Trie>,
}

impl Rule {
    /// Whether both claim the same requests and nothing says which of them is to win.
    pub fn clashes(&self, other: &Rule) -> bool {
        self.priority == other.priority
            && self.fallback == other.fallback
            && self.pattern.same_shape(&other.pattern)
            && self.hosts.iter().any(|h| other.hosts.contains(h))
            && self.methods.is_all() == other.methods.is_all()
            && self.methods.meets(other.methods)
    }
}

impl Router {
    /// Compiles rules; a rule's index is its place in the slice.
    pub fn new(rules: &[Rule]) -> Router {
        let mut claims: Vec<(usize, &HostRule)> =
            rules.iter().enumerate().flat_map(|(at, rule)| rule.hosts.iter().map(move |h| (at, h))).collect();
        claims.sort_by_cached_key(|&(at, host)| order(&rules[at], host, at));
        let mut router = Router::default();
        for (rank, (at, host)) in claims.into_iter().enumerate() {
            let layer = if rules[at].fallback { &mut router.fallbacks } else { &mut router.rules };
            layer.trie(host).insert(&rules[at].pattern, Claim { rank: rank as u32, methods: rules[at].methods, route: at as u32 });
        }
        router
    }

    /// The methods that any route takes at this host and path.
    pub fn allowed(&self, host: &str, path: &str) -> MethodSet {
        let mut allowed = MethodSet::NONE;
        for layer in [&self.rules, &self.fallbacks] {
            layer.each_trie(host, |trie| allowed = allowed.with(trie.allowed(path)));
        }
        allowed
    }

    /// Finds the route of a request; the host is in lower case and has no port.
    pub fn find(&self, host: &str, path: &str, method: MethodSet) -> Found {
        match self.rules.find(host, path, method) {
            Found::Nothing => self.fallbacks.find(host, path, method),
            found => found,
        }
    }
}

impl Layer {
    fn trie(&mut self, host: &HostRule) -> &mut Trie {
        match host {
            HostRule::Any => &mut self.any,
            HostRule::Exact(name) => self.exact.entry(name.as_str().into()).or_default(),
            HostRule::Below(name) => self.below.entry(name.as_str().into()).or_default(),
        }
    }

    fn find(&self, host: &str, path: &str, method: MethodSet) -> Found {
        let mut best = None;
        self.each_trie(host, |trie| trie.find(path, method, &mut best));
        if let Some(claim) = best {
            return Found::Route(claim.route as usize);
        }
        let mut allowed = MethodSet::NONE;
        self.each_trie(host, |trie| allowed = allowed.with(trie.allowed(path)));
        if allowed == MethodSet::NONE { Found::Nothing } else { Found::WrongMethod(allowed) }
    }

    fn each_trie<'r>(&'r self, host: &str, mut visit: impl FnMut(&'r Trie)) {
        if let Some(trie) = self.exact.get(host) {
            visit(trie);
        }
        if !self.below.is_empty() {
            let dots = host.bytes().enumerate().skip(1).filter(|(_, b)| *b == b'.');
            for trie in dots.filter_map(|(at, _)| self.below.get(&host[at + 1..])) {
                visit(trie);
            }
        }
        visit(&self.any);
    }
}

/// The order in which rules win; also that of the naive matcher of the tests.
fn order(rule: &Rule, host: &HostRule, at: usize) -> impl Ord + use<> {
    (std::cmp::Reverse(rule.priority), host.specificity(), rule.pattern.specificity(), rule.methods.is_all(), at)
}

#[cfg(test)]
mod tests;
