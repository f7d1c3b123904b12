//! As much of PromQL as tells which metrics an expression asks for.

use std::collections::BTreeSet;

/// Operators and modifiers; functions are told by what follows them.
const KEYWORDS: [&str; 14] =
    ["and", "or", "unless", "atan2", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right", "inf", "nan"];

/// The names of the metrics in an expression.
pub fn metrics(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = expression;
    let mut word_before = "";
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => 1 + rest[1..].find('"').map_or(rest.len() - 1, |at| at + 1),
            '{' => closing(rest, '}'),
            '[' => closing(rest, ']'),
            // The labels of `by (...)`, `on (...)` and their kin.
            '(' if ["by", "without", "on", "ignoring", "group_left", "group_right"].contains(&word_before) => closing(rest, ')'),
            c if is_in_word(c) => rest.find(|c| !is_in_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        if is_in_word(first) {
            let follows = after.trim_start();
            let is_function = ["(", "by ", "without "].iter().any(|start| follows.starts_with(start));
            if !first.is_ascii_digit() && !is_function && !KEYWORDS.contains(&token.to_lowercase().as_str()) {
                names.insert(token.to_owned());
            }
            word_before = token;
        } else if !first.is_whitespace() {
            word_before = "";
        }
        rest = after;
    }
    names
}

fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '.'
}

/// Where a bracket ends that is not nested and may hold texts with brackets.
fn closing(text: &str, bracket: char) -> usize {
    let mut is_quoted = false;
    let end = text.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == bracket && !is_quoted
    });
    end.map_or(text.len(), |(at, c)| at + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::metrics;

    #[test]
    fn the_metrics_of_an_expression_are_told_from_functions_labels_and_texts() {
        for (expression, names) in [
            ("up", &["up"][..]),
            (r#"sum by (le, route) (rate(a_bucket{x="b}c", y=~"d"}[5m])) > 2"#, &["a_bucket"]),
            (r"histogram_quantile(0.99, sum(rate(a[1m]))) and on (service) b > 1e3", &["a", "b"]),
            (r"count by (s) (a) < quantile_over_time(0.5, (count by (s) (a))[1h:1m])", &["a"]),
            (r"a / on (x) group_left () count(b{z!=''}) or vector(0)", &["a", "b"]),
            (r"max(a) != min(a offset 5m) unless absent(c == 1)", &["a", "c"]),
            (r"node_load1 - time() < 14 * 86400", &["node_load1"]),
        ] {
            assert_eq!(metrics(expression).into_iter().collect::<Vec<_>>(), names, "{expression}");
        }
    }
}
