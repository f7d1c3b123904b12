//! Finds the route of a request: highest priority, then most specific host, then most specific path, then named methods, then most predicates.

mod host;
mod methods;
mod pattern;
mod predicate;
mod trie;

pub use {
    host::HostRule,
    methods::MethodSet,
    pattern::{Pattern, Segment},
    predicate::{Attributes, Condition, Field, Predicate, RequestAttributes},
};

use std::collections::HashMap;
use trie::{Claim, Trie, Wanted};

/// What a route claims, parsed.
#[derive(Clone, Debug)]
pub struct Rule {
    pub hosts: Vec<HostRule>,
    pub pattern: Pattern,
    pub methods: MethodSet,
    /// All must hold, else the rule does not match, whatever the method.
    pub predicates: Vec<Predicate>,
    pub priority: i32,
    /// Asked only if no other rule matches host and path.
    pub fallback: bool,
}

/// What a route is looked up by.
#[derive(Clone, Copy)]
pub struct Lookup<'r> {
    /// In lower case and without port.
    pub host: &'r str,
    /// In its normal form.
    pub path: &'r str,
    pub method: MethodSet,
    /// What predicates look at.
    pub attributes: &'r dyn Attributes,
}

/// The answer of a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The index of the rule.
    Route(usize),
    /// Rules match host, path and predicates, but not the method; these methods would.
    WrongMethod(MethodSet),
    Nothing,
}

/// All rules, ready for look-ups without allocation.
#[derive(Debug, Default)]
pub struct Router {
    rules: Layer,
    fallbacks: Layer,
    /// Those of each rule.
    predicates: Vec<Box<[Predicate]>>,
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
            && self.predicates.len() == other.predicates.len()
            && !self.predicates.iter().any(|p| other.predicates.iter().any(|o| p.excludes(o)))
    }
}

impl Router {
    /// Compiles rules; a rule's index is its place in the slice.
    pub fn new(rules: &[Rule]) -> Router {
        let mut claims: Vec<(usize, &HostRule)> =
            rules.iter().enumerate().flat_map(|(at, rule)| rule.hosts.iter().map(move |h| (at, h))).collect();
        claims.sort_by_cached_key(|&(at, host)| order(&rules[at], host, at));
        let predicates = rules.iter().map(|rule| rule.predicates.clone().into()).collect();
        let mut router = Router { predicates, ..Router::default() };
        for (rank, (at, host)) in claims.into_iter().enumerate() {
            let layer = if rules[at].fallback { &mut router.fallbacks } else { &mut router.rules };
            let (methods, conditional) = (rules[at].methods, !rules[at].predicates.is_empty());
            layer.trie(host).insert(&rules[at].pattern, Claim { rank: rank as u32, methods, conditional, route: at as u32 });
        }
        router
    }

    /// The methods that any route takes at this host and path.
    pub fn allowed(&self, lookup: &Lookup<'_>) -> MethodSet {
        let holds = |rule| self.holds(rule, lookup);
        let wanted = Wanted { path: lookup.path, method: lookup.method, holds: &holds };
        let layers = [&self.rules, &self.fallbacks];
        layers.iter().fold(MethodSet::NONE, |allowed, layer| allowed.with(layer.allowed(lookup.host, &wanted)))
    }

    /// Finds the route of a request.
    pub fn find(&self, lookup: &Lookup<'_>) -> Found {
        let holds = |rule| self.holds(rule, lookup);
        let wanted = Wanted { path: lookup.path, method: lookup.method, holds: &holds };
        match self.rules.find(lookup.host, &wanted) {
            Found::Nothing => self.fallbacks.find(lookup.host, &wanted),
            found => found,
        }
    }

    fn holds(&self, rule: u32, lookup: &Lookup<'_>) -> bool {
        self.predicates[rule as usize].iter().all(|predicate| lookup.attributes.satisfy(predicate))
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

    fn find(&self, host: &str, wanted: &Wanted<'_>) -> Found {
        let mut best = None;
        self.each_trie(host, |trie| trie.find(wanted, &mut best));
        if let Some(claim) = best {
            return Found::Route(claim.route as usize);
        }
        match self.allowed(host, wanted) {
            MethodSet::NONE => Found::Nothing,
            allowed => Found::WrongMethod(allowed),
        }
    }

    fn allowed(&self, host: &str, wanted: &Wanted<'_>) -> MethodSet {
        let mut allowed = MethodSet::NONE;
        self.each_trie(host, |trie| allowed = allowed.with(trie.allowed(wanted)));
        allowed
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
    (
        std::cmp::Reverse(rule.priority),
        host.specificity(),
        rule.pattern.specificity(),
        rule.methods.is_all(),
        std::cmp::Reverse(rule.predicates.len()),
        at,
    )
}

#[cfg(test)]
mod tests;
