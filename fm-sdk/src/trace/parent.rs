//! W3C trace context (<https://www.w3.org/TR/trace-context/>): which request or message caused the one at hand.

use std::{fmt, str::FromStr};

/// A `traceparent`: the trace that everything caused by one request shares, and the span of one step in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    /// Starts a new trace, sampled, with random ids.
    #[must_use]
    pub fn start() -> Self {
        TraceParent { trace: rand::random_range(1..=u128::MAX), span: rand::random_range(1..=u64::MAX), flags: 1 }
    }
    /// Starts a new trace that is sampled with this probability.
    pub(super) fn start_sampled(share: f64) -> Self {
        TraceParent { flags: u8::from(share >= 1.0 || rand::random::<f64>() < share), ..TraceParent::start() }
    }
    /// Gives the next step of the same trace: same trace id and flags, new span id.
    #[must_use]
    pub fn child(&self) -> Self {
        TraceParent { span: rand::random_range(1..=u64::MAX), ..*self }
    }
    /// Continues the trace of a header; one that is missing or cannot be read starts a new trace (section 4.3 of the specification).
    #[must_use]
    pub fn continued(header: Option<&str>) -> Self {
        header.and_then(|h| h.parse::<TraceParent>().ok()).map_or_else(TraceParent::start, |t| t.child())
    }
    /// Whether whoever began the trace wants it kept.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }
    /// Gives the id of the whole trace.
    #[must_use]
    pub fn id(&self) -> TraceId {
        TraceId(self.trace)
    }
    pub(super) fn span(&self) -> u64 {
        self.span
    }
    /// Gives the id of the whole trace: 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }
    /// Gives the id of this step: 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
}

impl fmt::Display for TraceParent {
    /// Writes the header's value, version 00.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// The text is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct NotATraceParent;

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    /// Reads version 00 exactly, and of later versions the part that they must share with it.
    fn from_str(text: &str) -> Result<Self, NotATraceParent> {
        let (head, tail) = text.split_at_checked(55).ok_or(NotATraceParent)?;
        let mut parts = head.split('-');
        let mut hex = |digits: usize| -> Result<u128, NotATraceParent> {
            let part = parts.next().filter(|p| p.len() == digits).ok_or(NotATraceParent)?;
            if !part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(NotATraceParent);
            }
            u128::from_str_radix(part, 16).map_err(|_| NotATraceParent)
        };
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        let tail_fits = tail.is_empty() || (version != 0 && tail.starts_with('-'));
        if version == 0xff || trace == 0 || span == 0 || !tail_fits {
            return Err(NotATraceParent);
        }
        // Both fit: their digits were counted.
        Ok(TraceParent { trace, span: span as u64, flags: flags as u8 & 1 })
    }
}

/// The id of a whole trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(pub(super) u128);

impl fmt::Display for TraceId {
    /// Writes 32 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = crate::Error;

    /// Reads 32 lower-case hexadecimal digits that are not all zero. `Malformed`, code `trace-id`, for anything else.
    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let wrong =
            || crate::Error::new(crate::Kind::Malformed, "trace-id", "a trace id has 32 lower-case hexadecimal digits, not all zero");
        let fits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let id = u128::from_str_radix(text, 16).ok().filter(|id| fits && *id != 0);
        id.map(TraceId).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPEC: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_specification_round_trips() {
        let trace: TraceParent = SPEC.parse().unwrap();
        assert_eq!(trace.to_string(), SPEC);
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.span_id(), "00f067aa0ba902b7");
    }

    #[test]
    fn an_invalid_traceparent_is_refused() {
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(bad.parse::<TraceParent>(), Err(NotATraceParent), "{bad}");
        }
        assert!(
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more".parse::<TraceParent>().is_ok(),
            "a later version may add parts"
        );
    }

    #[test]
    fn a_child_shares_the_trace_but_not_the_span() {
        let (parent, other) = (TraceParent::continued(Some(SPEC)), TraceParent::continued(Some("nonsense")));
        assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(parent.span_id(), "00f067aa0ba902b7");
        assert_ne!(other.trace_id(), parent.trace_id());
    }

    #[test]
    fn only_32_lower_case_digits_that_are_not_all_zero_are_a_trace_id() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(id.parse::<TraceId>().unwrap().to_string(), id);
        let zero = "0".repeat(32);
        for bad in
            ["", "4bf9", "4BF92F3577B34DA6A3CE929D0E0E4736", &id[1..], &format!("{id}0"), &zero, "+bf92f3577b34da6a3ce929d0e0e4736", "äöü"]
        {
            assert_eq!(bad.parse::<TraceId>().unwrap_err().code(), "trace-id", "{bad}");
        }
    }

    #[test]
    fn a_part_of_the_traces_is_sampled_and_the_same_one_everywhere() {
        let sampled = |share: f64| (0..2000).filter(|_| TraceParent::start_sampled(share).is_sampled()).count();
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 2000));
        assert!((300..700).contains(&sampled(0.25)), "a quarter of 2000");
        let trace = TraceParent::start_sampled(0.5);
        assert_eq!(trace.child().is_sampled(), trace.is_sampled());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_comes_back(text in "\\PC{0,70}") {
            if let Ok(trace) = text.parse::<TraceParent>() {
                prop_assert_eq!(trace.to_string().parse(), Ok(trace));
            }
        }
    }
}
