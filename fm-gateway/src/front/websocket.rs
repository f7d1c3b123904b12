//! WebSockets (RFC 6455): validates handshakes and finds the ends of frames.

use super::guard::Refusal;
use http::{
    HeaderMap, Method, StatusCode, Version,
    header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
    request::Parts,
};

/// Whether a WebSocket is asked for.
pub fn is_asked(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Checks how one is asked for (RFC 6455, 4.1). Whatever could be read as another request by whoever stands behind is refused.
///
/// # Errors
/// `websocket-malformed`; the connection ends with it.
pub fn check(head: &Parts, has_body: bool) -> Result<(), Refusal> {
    let only = |name| {
        let mut values = head.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok())
    };
    let is_key =
        |key: &str| key.len() == 24 && key.ends_with("==") && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    let is_asked = head.method == Method::GET
        && head.version == Version::HTTP_11
        && !has_body
        && only(UPGRADE).is_some()
        && names_upgrade(&head.headers)
        && only(SEC_WEBSOCKET_VERSION) == Some("13")
        && only(SEC_WEBSOCKET_KEY).is_some_and(is_key);
    if is_asked {
        return Ok(());
    }
    let mut refusal = Refusal::new(StatusCode::BAD_REQUEST, "websocket-malformed", "this is no handshake of WebSocket 13");
    refusal.close = true;
    Err(refusal)
}

/// Whether `Connection` names the upgrade.
pub fn names_upgrade(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|option| option.trim().eq_ignore_ascii_case("upgrade"))
}

/// Follows the frames of one direction, to know where one ends and another can begin (RFC 6455, 5.2).
#[derive(Debug, Default)]
pub struct Boundary {
    head: [u8; 14],
    have: usize,
    /// Bytes of the payload that are still to come.
    left: u64,
}

impl Boundary {
    /// Whether no frame is under way.
    pub fn is_between(&self) -> bool {
        self.have == 0 && self.left == 0
    }

    /// Follows bytes, all of them or only to the end of the frame that is under way; gives how many it has followed.
    pub fn follow(&mut self, bytes: &[u8], to_end_of_frame: bool) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if to_end_of_frame && self.is_between() {
                break;
            }
            if self.left > 0 {
                let some = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                self.left -= some as u64;
                at += some;
                continue;
            }
            if let (Some(place), Some(byte)) = (self.head.get_mut(self.have), rest.first()) {
                *place = *byte;
            }
            self.have += 1;
            at += 1;
            if let Some(length) = self.payload() {
                (self.have, self.left) = (0, length);
            }
        }
        at
    }

    /// The length of the payload, once the head of the frame is there.
    fn payload(&self) -> Option<u64> {
        let [_, second, rest @ ..] = &self.head;
        let (extended, masked) = (
            match second & 0x7f {
                126 => 2,
                127 => 8,
                _ => 0,
            },
            if second & 0x80 == 0 { 0 } else { 4 },
        );
        if self.have < 2 + extended + masked {
            return None;
        }
        let long = rest.iter().take(extended).fold(0, |length, byte| length << 8 | u64::from(*byte));
        Some(if extended == 0 { u64::from(second & 0x7f) } else { long })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame with a payload of this length, masked or not.
    fn frame(length: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut frame = match length {
            0..126 => vec![0x82, length as u8 | mask],
            126..65536 => [&[0x82, 126 | mask][..], &(length as u16).to_be_bytes()].concat(),
            _ => [&[0x82, 127 | mask][..], &(length as u64).to_be_bytes()].concat(),
        };
        frame.extend(vec![0xff; length + if masked { 4 } else { 0 }]);
        frame
    }

    proptest! {
        #[test]
        fn the_end_of_a_frame_is_found_however_it_comes(
            frames in prop::collection::vec((prop_oneof![0usize..200, 65_530usize..65_540], any::<bool>()), 1..4), cut in 1usize..70_000,
        ) {
            let all: Vec<Vec<u8>> = frames.iter().map(|(length, masked)| frame(*length, *masked)).collect();
            let mut boundary = Boundary::default();
            for frame in &all {
                let at = cut.min(frame.len() - 1);
                prop_assert_eq!(boundary.follow(&frame[..at], false), at);
                prop_assert!(!boundary.is_between());
                let more = [&frame[at..], &[0x81, 5]].concat();
                prop_assert_eq!(boundary.follow(&more, true), frame.len() - at, "no further than its end");
                prop_assert!(boundary.is_between());
            }
        }
    }
}
