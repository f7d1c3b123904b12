//! The last requests, as far as it takes to find their routes again: a dry run of a new table asks what would become of them. Values of headers,
//! queries and cookies, and bodies, are not kept.

use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// How many are kept.
pub const KEPT: usize = 1000;

/// Requests whose names and path take more bytes than this are left out, so that all of them are bounded.
const MAX_BYTES: usize = 2048;

/// A ring of the last requests. Noting one never waits: where somebody else is at the same place it is left out.
pub struct RecentRequests {
    next: AtomicUsize,
    slots: Box<[Mutex<Slot>]>,
}

/// One request in a buffer that is used again.
#[derive(Default)]
struct Slot {
    /// Method, host, path, names of the query and of headers, with a line feed behind each.
    text: String,
}

/// A request of the past.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecentRequest {
    pub method: String,
    /// In lower case and without port.
    pub host: String,
    /// In its normal form.
    pub path: String,
    /// Names of the query's parameters as they were written, with `&` between them.
    pub query_names: String,
    pub header_names: Vec<String>,
}

impl Default for RecentRequests {
    fn default() -> Self {
        RecentRequests { next: AtomicUsize::new(0), slots: (0..KEPT).map(|_| Mutex::default()).collect() }
    }
}

impl fmt::Debug for RecentRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentRequests").field("seen", &self.next.load(Relaxed)).finish_non_exhaustive()
    }
}

impl RecentRequests {
    /// Notes a request.
    pub fn push(&self, method: &Method, host: &str, path: &str, query: Option<&str>, headers: &HeaderMap) {
        let at = self.next.fetch_add(1, Relaxed) % self.slots.len();
        if let Ok(mut slot) = self.slots[at].try_lock() {
            slot.write(method, host, path, query, headers);
        }
    }

    /// Those that are kept, the oldest first.
    pub fn list(&self) -> Vec<RecentRequest> {
        let next = self.next.load(Relaxed);
        let places = (0..self.slots.len()).map(|n| (next + n) % self.slots.len());
        places.filter_map(|at| self.slots[at].lock().unwrap_or_else(PoisonError::into_inner).read()).collect()
    }
}

impl Slot {
    fn write(&mut self, method: &Method, host: &str, path: &str, query: Option<&str>, headers: &HeaderMap) {
        self.text.clear();
        // No part has a line feed: they are what the parser and the guard let in.
        for part in [method.as_str(), "\n", host, "\n", path, "\n"] {
            self.add(part);
        }
        for (n, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
            if n > 0 {
                self.add("&");
            }
            self.add(pair.split('=').next().unwrap_or_default());
        }
        for name in headers.keys() {
            self.add("\n");
            self.add(name.as_str());
        }
        if self.text.len() >= MAX_BYTES {
            self.text.clear();
        }
    }

    fn add(&mut self, part: &str) {
        if self.text.len() + part.len() > MAX_BYTES {
            // Marks that something is missing.
            while self.text.len() < MAX_BYTES {
                self.text.push('\n');
            }
        } else {
            self.text.push_str(part);
        }
    }

    fn read(&self) -> Option<RecentRequest> {
        let mut parts = self.text.split('\n').map(str::to_owned);
        let (method, host) = (parts.next().filter(|method| !method.is_empty())?, parts.next()?);
        Some(RecentRequest { method, host, path: parts.next()?, query_names: parts.next()?, header_names: parts.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn push(recent: &RecentRequests, path: &str) {
        recent.push(&Method::GET, "h", path, None, &HeaderMap::new());
    }

    #[test]
    fn names_are_kept_and_values_are_not() {
        let (recent, mut headers) = (RecentRequests::default(), HeaderMap::new());
        headers.insert("authorization", HeaderValue::from_static("Bearer secret"));
        headers.append("cookie", HeaderValue::from_static("sid=secret"));
        headers.append("cookie", HeaderValue::from_static("b=secret"));
        recent.push(&Method::POST, "shop.test", "/cars/7", Some("q=secret&flag&=x"), &headers);
        push(&recent, "/");
        let expected = RecentRequest {
            method: "POST".into(),
            host: "shop.test".into(),
            path: "/cars/7".into(),
            query_names: "q&flag&".into(),
            header_names: vec!["authorization".into(), "cookie".into()],
        };
        let listed = recent.list();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0], expected);
        assert_eq!((listed[1].path.as_str(), listed[1].query_names.as_str(), listed[1].header_names.len()), ("/", "", 0));
    }

    #[test]
    fn the_last_thousand_are_kept_in_their_order() {
        let recent = RecentRequests::default();
        for n in 0..KEPT + 7 {
            push(&recent, &format!("/{n}"));
        }
        let paths: Vec<String> = recent.list().into_iter().map(|request| request.path).collect();
        assert_eq!(paths.len(), KEPT);
        assert!(paths.iter().enumerate().all(|(n, path)| *path == format!("/{}", n + 7)));
    }

    #[test]
    fn a_request_that_is_too_long_is_left_out_and_memory_is_bounded() {
        let recent = RecentRequests::default();
        push(&recent, "/before");
        for n in [MAX_BYTES, MAX_BYTES - 6, 100 * MAX_BYTES] {
            push(&recent, &format!("/{}", "x".repeat(n)));
        }
        let many: HeaderMap = (0..400).map(|n| (format!("x-{n:06}").parse().unwrap(), HeaderValue::from_static("v"))).collect();
        recent.push(&Method::GET, "h", "/many", None, &many);
        push(&recent, "/after");
        assert_eq!(recent.list().into_iter().map(|request| request.path).collect::<Vec<_>>(), ["/before", "/after"]);
        let kept: usize = recent.slots.iter().map(|slot| slot.lock().unwrap().text.capacity()).sum();
        assert!(kept <= 6 * 2 * MAX_BYTES, "{kept}");
    }

    #[test]
    fn a_slot_in_use_is_not_waited_for() {
        let recent = RecentRequests::default();
        push(&recent, "/old");
        let busy = recent.slots[1].lock().unwrap();
        push(&recent, "/left-out");
        drop(busy);
        push(&recent, "/next");
        assert_eq!(recent.list().into_iter().map(|request| request.path).collect::<Vec<_>>(), ["/old", "/next"]);
    }

    #[test]
    fn threads_may_record_and_list_concurrently() {
        let recent = RecentRequests::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let recent = &recent;
                scope.spawn(move || (0..2000).for_each(|_| push(recent, &format!("/{thread}/{}", "y".repeat(thread * 50)))));
            }
            for _ in 0..20 {
                for request in recent.list() {
                    let thread: usize = request.path[1..2].parse().unwrap();
                    assert_eq!(request.path.len(), 3 + thread * 50, "no request is mixed with another one");
                }
            }
        });
    }
}
