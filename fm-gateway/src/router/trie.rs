//! A trie over path segments. Each node is one prefix of patterns, so a look-up visits a node once at most.

use super::{
    methods::MethodSet,
    pattern::{Pattern, Segment},
};

/// What a route claims at one node.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Place in the order of all claims: the smallest that matches wins.
    pub rank: u32,
    pub methods: MethodSet,
    /// The rule has predicates.
    pub conditional: bool,
    /// Index of the route.
    pub route: u32,
}

/// What claims are looked for.
pub struct Wanted<'w> {
    pub path: &'w str,
    pub method: MethodSet,
    /// Whether the predicates of a rule hold; asked only for those that have some.
    pub holds: &'w dyn Fn(u32) -> bool,
}

impl Wanted<'_> {
    fn allows(&self, claim: &Claim) -> bool {
        !claim.conditional || (self.holds)(claim.route)
    }
}

#[derive(Debug, Default)]
struct Node {
    literals: Vec<(Box<str>, u32)>,
    param: Option<u32>,
    /// Claims of patterns that end here, and of those that end here with `/**`; by rank.
    exact: Vec<Claim>,
    tail: Vec<Claim>,
    /// The smallest rank of this node and all below it.
    best: u32,
}

/// The patterns of one host rule.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
}

impl Default for Trie {
    fn default() -> Self {
        Trie { nodes: vec![Node { best: u32::MAX, ..Node::default() }] }
    }
}

impl Trie {
    /// Adds a claim.
    pub fn insert(&mut self, pattern: &Pattern, claim: Claim) {
        let mut at = 0_usize;
        self.nodes[at].best = self.nodes[at].best.min(claim.rank);
        for segment in &pattern.segments {
            at = self.child(at, segment);
            self.nodes[at].best = self.nodes[at].best.min(claim.rank);
        }
        let node = &mut self.nodes[at];
        let claims = if pattern.tail { &mut node.tail } else { &mut node.exact };
        let place = claims.partition_point(|c| c.rank < claim.rank);
        claims.insert(place, claim);
    }

    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[at];
        let found = match segment {
            Segment::Literal(text) => match node.literals.binary_search_by(|(l, _)| (**l).cmp(text)) {
                Ok(place) => node.literals[place].1,
                Err(place) => {
                    node.literals.insert(place, (text.as_str().into(), next));
                    next
                }
            },
            Segment::Param(_) => *node.param.get_or_insert(next),
        };
        if found == next {
            self.nodes.push(Node { best: u32::MAX, ..Node::default() });
        }
        found as usize
    }

    /// Finds the claim of the smallest rank below `best` that matches.
    pub fn find(&self, wanted: &Wanted<'_>, best: &mut Option<Claim>) {
        // What is no path (`*`) matches nothing, not even `/**`.
        if let Some(rest) = wanted.path.strip_prefix('/') {
            self.walk(0, Some(rest), wanted, best);
        }
    }

    fn walk(&self, at: u32, rest: Option<&str>, wanted: &Wanted<'_>, best: &mut Option<Claim>) {
        let node = &self.nodes[at as usize];
        if best.is_some_and(|b| b.rank <= node.best) {
            return;
        }
        match rest {
            None => take(&node.exact, wanted, best),
            Some(rest) => {
                let (segment, rest) = split(rest);
                if let Ok(place) = node.literals.binary_search_by(|(l, _)| (**l).cmp(segment)) {
                    self.walk(node.literals[place].1, rest, wanted, best);
                }
                if let Some(param) = node.param.filter(|_| !segment.is_empty()) {
                    self.walk(param, rest, wanted, best);
                }
            }
        }
        take(&node.tail, wanted, best);
    }

    /// Gathers the methods of all claims that match, whatever the method.
    pub fn allowed(&self, wanted: &Wanted<'_>) -> MethodSet {
        wanted.path.strip_prefix('/').map_or(MethodSet::NONE, |rest| self.gather(0, Some(rest), wanted))
    }

    fn gather(&self, at: u32, rest: Option<&str>, wanted: &Wanted<'_>) -> MethodSet {
        let node = &self.nodes[at as usize];
        let union = |claims: &[Claim]| claims.iter().filter(|c| wanted.allows(c)).fold(MethodSet::NONE, |set, c| set.with(c.methods));
        let mut set = union(&node.tail);
        match rest {
            None => set = set.with(union(&node.exact)),
            Some(rest) => {
                let (segment, rest) = split(rest);
                if let Ok(place) = node.literals.binary_search_by(|(l, _)| (**l).cmp(segment)) {
                    set = set.with(self.gather(node.literals[place].1, rest, wanted));
                }
                if let Some(param) = node.param.filter(|_| !segment.is_empty()) {
                    set = set.with(self.gather(param, rest, wanted));
                }
            }
        }
        set
    }
}

fn split(rest: &str) -> (&str, Option<&str>) {
    match memchr::memchr(b'/', rest.as_bytes()) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    }
}

fn take(claims: &[Claim], wanted: &Wanted<'_>, best: &mut Option<Claim>) {
    let found = claims.iter().find(|c| c.methods.meets(wanted.method) && wanted.allows(c));
    if let Some(claim) = found
        && best.is_none_or(|b| claim.rank < b.rank)
    {
        *best = Some(*claim);
    }
}
