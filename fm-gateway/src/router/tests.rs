use super::*;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;

fn rule(hosts: &[&str], path: &str, methods: &[&str], priority: i32) -> Rule {
    let hosts = match hosts {
        [] => vec![HostRule::Any],
        _ => hosts.iter().map(|h| HostRule::parse(h).unwrap()).collect(),
    };
    Rule {
        hosts,
        pattern: Pattern::parse(path).unwrap(),
        methods: MethodSet::parse(methods).unwrap(),
        predicates: Vec::new(),
        priority,
        fallback: false,
    }
}

/// Only with this value of the header.
fn with(rule: Rule, header: &'static str, value: &str) -> Rule {
    let (field, condition) = (Field::Header(HeaderName::from_static(header)), Condition::OneOf(vec![value.into()]));
    let mut predicates = rule.predicates.clone();
    predicates.push(Predicate { field, condition });
    Rule { predicates, ..rule }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn find(router: &Router, host: &str, path: &str, method: MethodSet) -> Found {
    find_with(router, &HeaderMap::new(), host, path, method)
}

fn find_with(router: &Router, headers: &HeaderMap, host: &str, path: &str, method: MethodSet) -> Found {
    router.find(&Lookup { host, path, method, attributes: &RequestAttributes { headers, query: None } })
}

fn get() -> MethodSet {
    MethodSet::only(&Method::GET)
}

/// The definition: look at every rule, keep those that match, take the first in the order.
fn naive(rules: &[Rule], lookup: &Lookup<'_>) -> Found {
    match naive_layer(rules, false, lookup) {
        Found::Nothing => naive_layer(rules, true, lookup),
        found => found,
    }
}

fn naive_layer(rules: &[Rule], fallback: bool, lookup: &Lookup<'_>) -> Found {
    let &Lookup { host, path, method, attributes } = lookup;
    let here: Vec<(usize, &HostRule)> = rules
        .iter()
        .enumerate()
        .flat_map(|(at, r)| r.hosts.iter().map(move |h| (at, h)))
        .filter(|(at, h)| rules[*at].fallback == fallback && h.matches(host) && rules[*at].pattern.matches(path))
        .filter(|(at, _)| rules[*at].predicates.iter().all(|p| attributes.satisfy(p)))
        .collect();
    let best = here.iter().filter(|(at, _)| rules[*at].methods.meets(method)).min_by_key(|(at, h)| order(&rules[*at], h, *at));
    match best {
        Some((at, _)) => Found::Route(*at),
        None if here.is_empty() => Found::Nothing,
        None => Found::WrongMethod(here.iter().fold(MethodSet::NONE, |set, (at, _)| set.with(rules[*at].methods))),
    }
}

#[test]
fn the_most_specific_path_wins() {
    let rules = ["/**", "/api/**", "/api/cars/**", "/api/cars/{id}", "/api/cars/count", "/api/cars/{id}/images/**"];
    let router = Router::new(&rules.map(|path| rule(&[], path, &[], 0)));
    for (path, expected) in [
        ("/", 0),
        ("/apis", 0),
        ("/api", 1),
        ("/api/cars", 2),
        ("/api/cars/7", 3),
        ("/api/cars/count", 4),
        ("/api/cars/7/images", 5),
        ("/api/cars/7/price-history", 2),
    ] {
        assert_eq!(find(&router, "any", path, get()), Found::Route(expected), "{path}");
    }
}

#[test]
fn priority_beats_host_and_host_beats_path() {
    let rules =
        [rule(&[], "/a/b", &[], 0), rule(&["shop.test"], "/**", &[], 0), rule(&["*.test"], "/a/**", &[], 0), rule(&[], "/a/b/c", &[], 5)];
    let router = Router::new(&rules);
    assert_eq!(find(&router, "other", "/a/b", get()), Found::Route(0));
    assert_eq!(find(&router, "shop.test", "/a/b", get()), Found::Route(1));
    assert_eq!(find(&router, "x.test", "/a/b", get()), Found::Route(2));
    assert_eq!(find(&router, "shop.test", "/a/b/c", get()), Found::Route(3));
}

#[test]
fn a_wrong_method_names_the_right_ones_and_a_wrong_path_nothing() {
    let router = Router::new(&[rule(&[], "/a", &["POST"], 0), rule(&[], "/{x}", &["DELETE"], 0), rule(&[], "/b", &["GET"], 0)]);
    assert_eq!(find(&router, "h", "/a", get()), Found::WrongMethod(MethodSet::parse(&["POST", "DELETE"]).unwrap()));
    assert_eq!(find(&router, "h", "/a/b", get()), Found::Nothing);
    assert_eq!(find(&router, "h", "/a", MethodSet::only(&Method::DELETE)), Found::Route(1));
}

#[test]
fn a_fallback_never_hides_a_wrong_method() {
    let fallback = Rule { fallback: true, ..rule(&[], "/**", &[], 9) };
    let router = Router::new(&[fallback, rule(&[], "/a", &["POST"], 0)]);
    assert_eq!(find(&router, "h", "/a", get()), Found::WrongMethod(MethodSet::parse(&["POST"]).unwrap()));
    assert_eq!(find(&router, "h", "/b", get()), Found::Route(0));
}

#[test]
fn rules_of_the_same_requests_clash_and_a_named_method_is_more_specific() {
    let a = rule(&["x.test", "y.test"], "/a/{id}", &["GET"], 0);
    assert!(a.clashes(&rule(&["y.test"], "/a/{name}", &["GET", "POST"], 0)));
    assert!(!a.clashes(&rule(&["y.test"], "/a/{name}", &["POST"], 0)));
    assert!(!a.clashes(&rule(&["y.test"], "/a/{name}", &[], 0)));
    assert!(!a.clashes(&rule(&["y.test"], "/a/{name}", &["GET"], 1)));
    assert!(!a.clashes(&rule(&["z.test"], "/a/{name}", &["GET"], 0)));
}

#[test]
fn rules_clash_only_where_both_match_the_same_requests() {
    let base = rule(&[], "/cars/{id}/**", &["GET"], 0);
    for same in [rule(&[], "/cars/{other}/**", &["GET"], 0), rule(&[], "/cars/{id}/**", &["PUT", "GET"], 0)] {
        assert!(base.clashes(&same) && same.clashes(&base), "{same:?}");
    }
    for other in [
        rule(&[], "/cars/{id}", &["GET"], 0),
        rule(&[], "/cars/**", &["GET"], 0),
        rule(&[], "/images/{id}/**", &["GET"], 0),
        rule(&[], "/cars/count/**", &["GET"], 0),
        rule(&[], "/cars/{id}/{image}/**", &["GET"], 0),
        rule(&[], "/cars/{id}/**", &["PUT"], 0),
        rule(&[], "/cars/{id}/**", &[], 0),
        rule(&[], "/cars/{id}/**", &["GET"], 1),
        rule(&["market.example"], "/cars/{id}/**", &["GET"], 0),
    ] {
        assert!(!base.clashes(&other) && !other.clashes(&base), "{other:?}");
    }
}

#[test]
fn the_most_predicates_win_after_named_methods() {
    let base = || rule(&[], "/a", &[], 0);
    let rules =
        [base(), with(base(), "x", "1"), with(with(base(), "x", "1"), "y", "1"), rule(&[], "/a", &["GET"], 0), rule(&[], "/a", &[], -1)];
    let router = Router::new(&rules);
    let found =
        |pairs: &[(&'static str, &'static str)], method: &Method| find_with(&router, &headers(pairs), "h", "/a", MethodSet::only(method));
    assert_eq!(found(&[], &Method::POST), Found::Route(0));
    assert_eq!(found(&[("x", "1")], &Method::POST), Found::Route(1));
    assert_eq!(found(&[("x", "1"), ("y", "1")], &Method::POST), Found::Route(2));
    assert_eq!(found(&[("x", "2"), ("y", "1")], &Method::POST), Found::Route(0));
    assert_eq!(found(&[("x", "1"), ("y", "1")], &Method::GET), Found::Route(3));
}

#[test]
fn a_rule_whose_predicates_do_not_hold_does_not_match_whatever_its_method() {
    let fallback = Rule { fallback: true, ..rule(&[], "/**", &[], 0) };
    let router = Router::new(&[with(rule(&[], "/a", &["POST"], 0), "x", "1"), fallback]);
    assert_eq!(find(&router, "h", "/a", get()), Found::Route(1), "it does not hide the fallback");
    let post = MethodSet::parse(&["POST"]).unwrap();
    assert_eq!(find_with(&router, &headers(&[("x", "1")]), "h", "/a", get()), Found::WrongMethod(post));
    assert_eq!(find_with(&router, &headers(&[("x", "1")]), "h", "/a", post), Found::Route(0));
    let alone = Router::new(&[with(rule(&[], "/a", &["POST"], 0), "x", "1")]);
    assert_eq!(find(&alone, "h", "/a", get()), Found::Nothing);
    let lookup =
        |headers| alone.allowed(&Lookup { host: "h", path: "/a", method: get(), attributes: &RequestAttributes { headers, query: None } });
    assert_eq!((lookup(&HeaderMap::new()), lookup(&headers(&[("x", "1")]))), (MethodSet::NONE, post));
}

#[test]
fn predicates_clash_only_where_one_request_satisfies_all_of_them() {
    let base = || rule(&[], "/a/{id}", &["GET"], 0);
    let one = || with(base(), "x", "1");
    assert!(one().clashes(&with(base(), "x", "1")) && one().clashes(&with(base(), "y", "2")));
    assert!(!one().clashes(&base()), "more predicates win");
    assert!(!one().clashes(&with(base(), "x", "2")), "nobody sends both");
    assert!(!with(one(), "y", "1").clashes(&with(with(base(), "x", "2"), "y", "1")));
}

#[test]
fn a_pattern_names_its_parameters_in_order_and_each_once() {
    let pattern = Pattern::parse("/a/{first}/b/{second}/**").unwrap();
    assert_eq!(pattern.params().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(Pattern::parse("/a/b").unwrap().params().count(), 0);
    assert!(Pattern::parse("/{id}/{id}").unwrap_err().contains("twice"));
    assert!(Pattern::parse("/{user_id2}").is_ok() && Pattern::parse("/{user-id}").is_err() && Pattern::parse("/{}").is_err());
}

fn any_predicates() -> impl Strategy<Value = Vec<Predicate>> {
    let fields = vec![Field::Header(HeaderName::from_static("x")), Field::Query("q".into()), Field::Cookie("c".into())];
    let condition = prop::sample::select(vec![
        Condition::Present,
        Condition::Absent,
        Condition::OneOf(vec!["1".into()]),
        Condition::OneOf(vec!["1".into(), "2".into()]),
    ]);
    let conditions = prop::collection::vec(condition, 3);
    let chosen = prop::sample::subsequence(fields, 0..=2);
    (chosen, conditions).prop_map(|(fields, conditions)| {
        fields.into_iter().zip(conditions).map(|(field, condition)| Predicate { field, condition }).collect()
    })
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let segment = prop::sample::select(vec!["a", "b", "c", "", "{x}", "{y}"]);
    let hosts = prop::sample::subsequence(vec!["a.test", "b.test", "*.test", "*.b.test"], 0..3);
    let methods = prop::sample::subsequence(vec!["GET", "POST", "PUT"], 0..3);
    (prop::collection::vec(segment, 0..4), any::<bool>(), hosts, methods, -1..2_i32, prop::bool::weighted(0.2), any_predicates())
        .prop_filter_map("not a pattern", |(segments, tail, hosts, methods, priority, fallback, predicates)| {
            let mut path = String::new();
            for s in &segments {
                path.push('/');
                path.push_str(s);
            }
            if tail {
                path.push_str("/**");
            }
            let pattern = Pattern::parse(&path).ok()?;
            let hosts = if hosts.is_empty() { vec![HostRule::Any] } else { hosts.iter().map(|h| HostRule::parse(h).unwrap()).collect() };
            Some(Rule { hosts, pattern, methods: MethodSet::parse(&methods).unwrap(), predicates, priority, fallback })
        })
}

proptest! {
    #[test]
    fn the_trie_answers_as_the_definition_does(
        rules in prop::collection::vec(any_rule(), 0..12),
        host in prop::sample::select(vec!["a.test", "b.test", "x.b.test", "test", "else"]),
        segments in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", ""]), 1..6),
        values in prop::sample::select(vec!["", "1", "2", "3"]).prop_flat_map(|x| (Just(x), prop::sample::select(vec!["", "1", "2"]))),
        method in prop::sample::select(vec![Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE]),
    ) {
        let path = format!("/{}", segments.join("/"));
        let method = MethodSet::only(&method);
        let (x, c) = values;
        let mut map = HeaderMap::new();
        for (name, value) in [("x", x.to_owned()), ("cookie", format!("a=b; c={c}"))] {
            if !value.is_empty() && !value.ends_with('=') {
                map.insert(name, HeaderValue::from_str(&value).unwrap());
            }
        }
        let query = format!("q={x}");
        let attributes = RequestAttributes { headers: &map, query: (!c.is_empty()).then_some(&query) };
        let lookup = Lookup { host, path: &path, method, attributes: &attributes };
        prop_assert_eq!(Router::new(&rules).find(&lookup), naive(&rules, &lookup));
    }
}
