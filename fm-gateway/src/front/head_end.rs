//! Where the head of a request ends (RFC 9112, 2.2).

/// Finds the end of a head: the first empty line behind one that is not. Lines end as leniently as the server's reader lets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadEnd {
    /// There was a line that is not empty.
    begun: bool,
    /// In the middle of a line.
    inside: bool,
}

impl HeadEnd {
    /// Gives the place behind the end.
    pub fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.inside {
                at += memchr::memchr(b'\n', &bytes[at..])? + 1;
                self.inside = false;
                continue;
            }
            match bytes[at] {
                b'\n' if self.begun => {
                    *self = HeadEnd::default();
                    return Some(at + 1);
                }
                b'\r' | b'\n' => {}
                _ => (self.begun, self.inside) = (true, true),
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::HeadEnd;
    use proptest::prelude::*;

    #[test]
    fn a_head_ends_with_its_first_empty_line() {
        for (text, end) in [
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\nHEAD", Some(27)),
            ("GET / HTTP/1.1\nHost: h\n\nHEAD", Some(24)),
            ("\r\n\nGET / HTTP/1.1\r\n\n\n", Some(20)),
            ("\r\n\r\n\n\n", None),
            ("GET / HTTP/1.1\r\nHost: h\r\n", None),
        ] {
            assert_eq!(HeadEnd::default().find(text.as_bytes()), end, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn it_makes_no_difference_where_reading_stops(text in "[\r\na]{0,40}", cut in 0usize..40) {
            let whole = HeadEnd::default().find(text.as_bytes());
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let mut head = HeadEnd::default();
            let parts = head.find(a).or_else(|| head.find(b).map(|at| a.len() + at));
            prop_assert_eq!(whole, parts);
        }
    }
}
