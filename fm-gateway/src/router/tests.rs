use super::*;
use http::Method;
use proptest::prelude::*;

fn rule(hosts: &[&str], path: &str, methods: &[&str], priority: i32) -> Rule {
    let hosts = match hosts {
        [] => vec![HostRule::Any],
        _ => hosts.iter().map(|h| HostRule::parse(h).unwrap()).collect(),
    };
    Rule { hosts, pattern: Pattern::parse(path).unwrap(), methods: MethodSet::parse(methods).unwrap(), priority, fallback: false }
}

fn get() -> MethodSet {
    MethodSet::only(&Method::GET)
}

/// The definition: look at every rule, keep those that match, take the first in the order.
fn naive(rules: &[Rule], host: &str, path: &str, method: MethodSet) -> Found {
    match naive_layer(rules, false, host, path, method) {
        Found::Nothing => naive_layer(rules, true, host, path, method),
        found => found,
    }
}

fn naive_layer(rules: &[Rule], fallback: bool, host: &str, path: &str, method: MethodSet) -> Found {
    let here: Vec<(usize, &HostRule)> = rules
        .iter()
        .enumerate()
        .flat_map(|(at, r)| r.hosts.iter().map(move |h| (at, h)))
        .filter(|(at, h)| rules[*at].fallback == fallback && h.matches(host) && rules[*at].pattern.matches(path))
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
        assert_eq!(router.find("any", path, get()), Found::Route(expected), "{path}");
    }
}

#[test]
fn priority_beats_host_and_host_beats_path() {
    let rules =
        [rule(&[], "/a/b", &[], 0), rule(&["shop.test"], "/**", &[], 0), rule(&["*.test"], "/a/**", &[], 0), rule(&[], "/a/b/c", &[], 5)];
    let router = Router::new(&rules);
    assert_eq!(router.find("other", "/a/b", get()), Found::Route(0));
    assert_eq!(router.find("shop.test", "/a/b", get()), Found::Route(1));
    assert_eq!(router.find("x.test", "/a/b", get()), Found::Route(2));
    assert_eq!(router.find("shop.test", "/a/b/c", get()), Found::Route(3));
}

#[test]
fn a_wrong_method_names_the_right_ones_and_a_wrong_path_nothing() {
    let router = Router::new(&[rule(&[], "/a", &["POST"], 0), rule(&[], "/{x}", &["DELETE"], 0), rule(&[], "/b", &["GET"], 0)]);
    assert_eq!(router.find("h", "/a", get()), Found::WrongMethod(MethodSet::parse(&["POST", "DELETE"]).unwrap()));
    assert_eq!(router.find("h", "/a/b", get()), Found::Nothing);
    assert_eq!(router.find("h", "/a", MethodSet::only(&Method::DELETE)), Found::Route(1));
}

#[test]
fn a_fallback_never_hides_a_wrong_method() {
    let fallback = Rule { fallback: true, ..rule(&[], "/**", &[], 9) };
    let router = Router::new(&[fallback, rule(&[], "/a", &["POST"], 0)]);
    assert_eq!(router.find("h", "/a", get()), Found::WrongMethod(MethodSet::parse(&["POST"]).unwrap()));
    assert_eq!(router.find("h", "/b", get()), Found::Route(0));
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
fn a_pattern_names_its_parameters_in_order_and_each_once() {
    let pattern = Pattern::parse("/a/{first}/b/{second}/**").unwrap();
    assert_eq!(pattern.params().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(Pattern::parse("/a/b").unwrap().params().count(), 0);
    assert!(Pattern::parse("/{id}/{id}").unwrap_err().contains("twice"));
    assert!(Pattern::parse("/{user_id2}").is_ok() && Pattern::parse("/{user-id}").is_err() && Pattern::parse("/{}").is_err());
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let segment = prop::sample::select(vec!["a", "b", "c", "", "{x}", "{y}"]);
    let hosts = prop::sample::subsequence(vec!["a.test", "b.test", "*.test", "*.b.test"], 0..3);
    let methods = prop::sample::subsequence(vec!["GET", "POST", "PUT"], 0..3);
    (prop::collection::vec(segment, 0..4), any::<bool>(), hosts, methods, -1..2_i32, prop::bool::weighted(0.2)).prop_filter_map(
        "not a pattern",
        |(segments, tail, hosts, methods, priority, fallback)| {
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
            Some(Rule { hosts, pattern, methods: MethodSet::parse(&methods).unwrap(), priority, fallback })
        },
    )
}

proptest! {
    #[test]
    fn the_trie_answers_as_the_definition_does(
        rules in prop::collection::vec(any_rule(), 0..12),
        host in prop::sample::select(vec!["a.test", "b.test", "x.b.test", "test", "else"]),
        segments in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", ""]), 1..6),
        method in prop::sample::select(vec![Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE]),
    ) {
        let path = format!("/{}", segments.join("/"));
        let method = MethodSet::only(&method);
        prop_assert_eq!(Router::new(&rules).find(host, &path, method), naive(&rules, host, &path, method));
    }
}
