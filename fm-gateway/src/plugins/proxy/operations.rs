//! What services keep for those who run them: nobody reaches it by way of a route that only happens to match.

use crate::router::Pattern;

/// The first segments of such paths. Services serve `/metrics`, `/traces` and `/health/...` on the port that the gateway reaches.
const KEPT: [&str; 3] = ["metrics", "traces", "health"];

/// Says whether a path that goes to a service is for operators, unless the route names it. Spelt as services other than ours may read it,
/// too: in whatever case, with something behind `;` or an escape.
pub fn is_for_operators(path: &str, route: &Pattern) -> bool {
    let segment = path.trim_start_matches('/').split(['/', ';', '%']).next().unwrap_or_default();
    KEPT.into_iter().any(|kept| segment.eq_ignore_ascii_case(kept) && !route.names(kept))
}

#[cfg(test)]
mod tests {
    use super::is_for_operators;
    use crate::router::Pattern;

    fn is_kept(path: &str, route: &str) -> bool {
        is_for_operators(path, &Pattern::parse(route).unwrap())
    }

    #[test]
    fn a_route_that_only_happens_to_match_does_not_lead_there() {
        for path in [
            "/metrics",
            "/metrics/",
            "/metrics/x",
            "/Metrics",
            "/METRICS;x=1",
            "/metrics%3Bx",
            "/health",
            "/health/live",
            "/Health;a/ready",
            "/traces",
            "/Traces/4bf92f3577b34da6a3ce929d0e0e4736",
        ] {
            for route in ["/**", "/{anything}", "/{anything}/**"] {
                assert!(is_kept(path, route), "{path} by {route}");
            }
        }
    }

    #[test]
    fn other_paths_and_routes_that_name_it_are_free() {
        for path in ["/", "/metricsx", "/cars/metrics", "/my-health", "/healthy", "/traces-of-cars"] {
            assert!(!is_kept(path, "/**"), "{path}");
        }
        assert!(!is_kept("/metrics", "/metrics") && !is_kept("/health/live", "/cars/health/**"));
    }
}
