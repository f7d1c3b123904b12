//! Devices from which a user has signed in before, so that strangers who guess at the account do not keep the user out (OWASP, "Slow Down
//! Online Guessing Attacks with Device Cookies").

use super::{User, refresh_token::hash};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// Lets scanners for leaked secrets know what they have found.
const PREFIX: &str = "fmd_";
/// A device that is not used for this long is forgotten; browsers keep no cookie longer (RFC 6265bis, section 5.5).
const IDLE: Duration = Duration::from_secs(400 * 24 * 3600);
/// One user's devices; another one takes the place of the one that was not used for longest.
const MAX_DEVICES: usize = 20;

/// Shows that somebody has signed in to an account from this device before. It opens nothing: it only lets its bearer try passwords apart
/// from all others.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken([u8; 32]);

impl DeviceToken {
    pub fn random() -> Self {
        DeviceToken(rand::random())
    }
    /// Reads what a client sent.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?.try_into().ok().map(DeviceToken)
    }
    /// What the client gets. Never log it.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
    /// What the store has of it.
    pub fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A device as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDevice {
    /// The hash of its token.
    pub token: String,
    /// When somebody signed in from it last.
    pub used_ms: i64,
}

impl KnownDevice {
    fn is_over(&self, now_ms: i64) -> bool {
        self.used_ms + IDLE.as_millis() as i64 <= now_ms
    }
}

impl User {
    /// Says whether the user has signed in from this device before.
    pub fn knows_device(&self, device: &DeviceToken, now_ms: i64) -> bool {
        let token = device.hash();
        self.devices.iter().any(|known| known.token == token && !known.is_over(now_ms))
    }

    /// Notes that the user has signed in from this device.
    pub fn remember_device(&mut self, device: &DeviceToken, now_ms: i64) {
        let token = device.hash();
        self.devices.retain(|known| known.token != token && !known.is_over(now_ms));
        while self.devices.len() >= MAX_DEVICES {
            let oldest = self.devices.iter().enumerate().min_by_key(|(_, known)| known.used_ms).map_or(0, |(i, _)| i);
            self.devices.remove(oldest);
        }
        self.devices.push(KnownDevice { token, used_ms: now_ms });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const DAY: i64 = 86_400_000;

    #[test]
    fn a_token_comes_back_from_its_text_and_other_texts_are_refused() {
        let token = DeviceToken::random();
        assert_eq!(DeviceToken::parse(&token.text()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "***");
        for bad in ["", "fmd_", "fmd_AAAA", &token.text()[1..], &format!("{}A", token.text()), "fmr_AAAA", "ü"] {
            assert_eq!(DeviceToken::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_device_is_known_to_its_user_until_it_is_not_used_for_long() {
        let (mut ann, device) = (User::nobody("1"), DeviceToken::random());
        ann.remember_device(&device, 0);
        assert!(ann.knows_device(&device, 399 * DAY) && !ann.knows_device(&device, 400 * DAY));
        assert!(!ann.knows_device(&DeviceToken::random(), 0) && !User::nobody("2").knows_device(&device, 0));
        ann.remember_device(&device, 399 * DAY);
        assert!(ann.knows_device(&device, 400 * DAY) && ann.devices.len() == 1);
    }

    #[test]
    fn a_user_has_so_many_devices_and_the_least_used_goes_first() {
        let mut ann = User::nobody("1");
        let devices: Vec<DeviceToken> = (0..=MAX_DEVICES).map(|_| DeviceToken::random()).collect();
        for (now_ms, device) in (0..).zip(&devices[..MAX_DEVICES]) {
            ann.remember_device(device, now_ms);
        }
        ann.remember_device(&devices[0], 100);
        ann.remember_device(&devices[MAX_DEVICES], 101);
        assert_eq!(ann.devices.len(), MAX_DEVICES);
        assert!(ann.knows_device(&devices[0], 102) && !ann.knows_device(&devices[1], 102) && ann.knows_device(&devices[2], 102));
    }
}
