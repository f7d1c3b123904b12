//! The spans of a trace in the order in which one caused the other.

use super::Span;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// A span and its place in the tree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed {
    #[serde(flatten)]
    pub span: Span,
    /// 0 = nobody among the spans has caused it.
    pub depth: usize,
    /// Microseconds since the first span began; clocks of machines differ, so that a child may seem to begin before its parent.
    pub offset_us: i64,
}

/// Puts each span behind its parent, children by the time at which they began.
pub fn arrange(mut spans: Vec<Span>) -> Vec<Placed> {
    spans.sort_by(|a, b| (a.start_us, &a.span_id).cmp(&(b.start_us, &b.span_id)));
    let began = spans.first().map_or(0, |first| first.start_us);
    let ids: HashSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let mut children: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (n, span) in spans.iter().enumerate().rev() {
        match span.parent_span_id.as_deref().filter(|parent| ids.contains(parent) && *parent != span.span_id) {
            Some(parent) => children.entry(parent).or_default().push(n),
            None => open.push((n, 0)),
        }
    }
    let (mut order, mut seen) = (Vec::with_capacity(spans.len()), vec![false; spans.len()]);
    let mut rest = 0..spans.len();
    loop {
        while let Some((n, depth)) = open.pop() {
            if !std::mem::replace(&mut seen[n], true) {
                order.push((n, depth));
                open.extend(children.get(spans[n].span_id.as_str()).into_iter().flatten().map(|child| (*child, depth + 1)));
            }
        }
        // Whoever sends a `traceparent` chooses what it says: a circle has no top, and is shown nevertheless.
        match rest.find(|n| !seen[*n]) {
            Some(n) => open.push((n, 0)),
            None => break,
        }
    }
    order.into_iter().map(|(n, depth)| Placed { offset_us: spans[n].start_us - began, span: spans[n].clone(), depth }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: Option<&str>, start_us: i64) -> Span {
        Span {
            trace_id: "t".into(),
            span_id: id.into(),
            parent_span_id: parent.map(Into::into),
            service: "fm-x".into(),
            instance: "x-1".into(),
            kind: "server".into(),
            name: id.into(),
            start_us,
            duration_us: 1,
            status: "unset".into(),
            attributes: serde_json::Map::new(),
            links: Vec::new(),
        }
    }
    fn shown(spans: Vec<Span>) -> Vec<(String, usize, i64)> {
        arrange(spans).into_iter().map(|p| (p.span.span_id, p.depth, p.offset_us)).collect()
    }
    fn row(id: &str, depth: usize, offset: i64) -> (String, usize, i64) {
        (id.into(), depth, offset)
    }

    #[test]
    fn children_follow_their_parent_in_the_order_of_time() {
        let spans = vec![
            span("late", Some("root"), 30),
            span("root", Some("the caller's"), 10),
            span("leaf", Some("early"), 21),
            span("early", Some("root"), 20),
        ];
        assert_eq!(shown(spans), [row("root", 0, 0), row("early", 1, 10), row("leaf", 2, 11), row("late", 1, 20)]);
        assert_eq!(shown(Vec::new()), []);
    }

    #[test]
    fn a_span_whose_parent_is_missing_stands_at_the_top() {
        assert_eq!(shown(vec![span("a", None, 5), span("b", Some("missing"), 7)]), [row("a", 0, 0), row("b", 0, 2)]);
    }

    #[test]
    fn a_cycle_of_spans_is_shown_and_terminates() {
        let spans = vec![span("a", Some("b"), 1), span("b", Some("a"), 2), span("self", Some("self"), 3)];
        let ids: HashSet<String> = shown(spans).into_iter().map(|(id, ..)| id).collect();
        assert_eq!(ids.len(), 3);
    }
}
