//! Sessions: one per sign-in, each with one refresh token that is good now.

use super::{
    RefreshToken, User,
    refresh_token::{Salt, hash},
};
use serde::{Deserialize, Serialize};
use std::{mem, time::Duration};

/// A session that is not used for this long ends.
const IDLE: Duration = Duration::from_secs(30 * 24 * 3600);
/// No session lasts longer.
const MAX_AGE: Duration = Duration::from_secs(180 * 24 * 3600);
/// One user's sessions; another one ends the one that was not used for longest.
const MAX_SESSIONS: usize = 20;
/// How long a replaced refresh token still leads to its successor: for requests that were under way with it, and for one whose answer was lost.
const GRACE: Duration = Duration::from_secs(30);
/// Access tokens of a session that are recognised as its own.
const MAX_ACCESS_TOKENS: usize = 8;

/// One sign-in and what followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The hash of what all its refresh tokens have in common.
    pub family: String,
    /// The hash of the secret of the one that is good.
    pub token: String,
    /// What the good one replaced.
    #[serde(default)]
    pub previous: Option<Predecessor>,
    /// The hash of the access token that was issued last.
    pub access: String,
    /// The hashes of those that were issued before it, newest first: tabs that renew at the same time get one each.
    #[serde(default)]
    pub earlier_access: Vec<String>,
    pub since_ms: i64,
    pub used_ms: i64,
}

/// A refresh token that was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// The hash of its secret.
    pub token: String,
    /// What its successor was derived with.
    pub salt: Salt,
    pub rotated_ms: i64,
}

/// How a refresh ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// This token is the good one.
    Done(RefreshToken),
    /// There is no such session, or not any more.
    Unknown,
    /// The token was replaced too long ago, or its successor was used already: somebody has a copy. The whole family is revoked.
    Reused,
}

impl Session {
    fn is_over(&self, now_ms: i64) -> bool {
        self.used_ms + IDLE.as_millis() as i64 <= now_ms || self.since_ms + MAX_AGE.as_millis() as i64 <= now_ms
    }

    /// Gives the token that follows `old`: a new one for the token that is good, and the same one again for its predecessor within the grace.
    /// Any other secret is refused, because whoever knows the family has had one of its tokens.
    fn rotate(&mut self, old: &RefreshToken, salt: &Salt, now_ms: i64) -> Option<RefreshToken> {
        let used = old.secret_hash();
        if used != self.token {
            let previous = self.previous.as_ref().filter(|p| p.token == used && p.is_honoured(now_ms))?;
            return Some(old.successor(&previous.salt));
        }
        let next = old.successor(salt);
        self.token = next.secret_hash();
        self.previous = Some(Predecessor { token: used, salt: salt.clone(), rotated_ms: now_ms });
        self.used_ms = now_ms;
        Some(next)
    }

    fn add_access(&mut self, access: &str) {
        let earlier = mem::replace(&mut self.access, hash(access.as_bytes()));
        self.earlier_access.insert(0, earlier);
        self.earlier_access.truncate(MAX_ACCESS_TOKENS - 1);
    }

    fn has_issued(&self, access_hash: &str) -> bool {
        self.access == access_hash || self.earlier_access.iter().any(|earlier| earlier == access_hash)
    }
}

impl Predecessor {
    /// Compares the clocks of two instances, so the time of the rotation may lie ahead.
    fn is_honoured(&self, now_ms: i64) -> bool {
        u128::from(now_ms.abs_diff(self.rotated_ms)) < GRACE.as_millis()
    }
}

impl User {
    /// Begins a session.
    pub fn begin_session(&mut self, token: &RefreshToken, access: &str, now_ms: i64) {
        self.sessions.retain(|s| !s.is_over(now_ms));
        while self.sessions.len() >= MAX_SESSIONS {
            let oldest = self.sessions.iter().enumerate().min_by_key(|(_, s)| s.used_ms).map_or(0, |(i, _)| i);
            self.sessions.remove(oldest);
        }
        self.sessions.push(Session {
            family: token.family_hash(),
            token: token.secret_hash(),
            previous: None,
            access: hash(access.as_bytes()),
            earlier_access: Vec::new(),
            since_ms: now_ms,
            used_ms: now_ms,
        });
    }

    /// Takes the successor of `old` in its place, derived with `salt`, and notes the access token that is issued with it. Two renewals at
    /// once, or one that is tried again within the grace, get the same successor. A token that was used up before shows that somebody has a
    /// copy: the family ends, and the access tokens of the user with it (RFC 9700, section 4.14.2).
    pub fn refresh_session(&mut self, old: &RefreshToken, salt: &Salt, access: &str, now_ms: i64) -> Refreshed {
        self.sessions.retain(|s| !s.is_over(now_ms));
        let family = old.family_hash();
        let Some(session) = self.sessions.iter_mut().find(|s| s.family == family) else { return Refreshed::Unknown };
        let Some(next) = session.rotate(old, salt, now_ms) else {
            self.end_session(old);
            self.revoke_tokens();
            return Refreshed::Reused;
        };
        session.add_access(access);
        Refreshed::Done(next)
    }

    /// Ends the session of this token, used or not.
    pub fn end_session(&mut self, token: &RefreshToken) {
        let family = token.family_hash();
        self.sessions.retain(|s| s.family != family);
    }

    /// Ends all sessions, and no device is known any more.
    pub fn end_all_sessions(&mut self) {
        self.sessions.clear();
        self.devices.clear();
    }

    /// Ends all sessions but the one that this access token was issued in.
    pub fn end_other_sessions(&mut self, access: &str) {
        let access = hash(access.as_bytes());
        self.sessions.retain(|s| s.has_issued(&access));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const SECOND: i64 = 1000;
    const DAY: i64 = 86_400 * SECOND;

    fn user() -> User {
        User::nobody("0190b5a0c0de70008000000000000001")
    }
    fn token() -> RefreshToken {
        RefreshToken::first(&user().id).unwrap()
    }
    /// Refreshes as any instance would: each has a salt of its own.
    fn refresh(user: &mut User, old: &RefreshToken, now_ms: i64) -> Refreshed {
        user.refresh_session(old, &Salt::random(), "access", now_ms)
    }
    #[track_caller]
    fn next(user: &mut User, old: &RefreshToken, now_ms: i64) -> RefreshToken {
        match refresh(user, old, now_ms) {
            Refreshed::Done(next) => next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_replaced_token_leads_to_the_same_successor_within_the_grace() {
        let (mut user, a) = (user(), token());
        user.begin_session(&a, "1", 0);
        let b = next(&mut user, &a, SECOND);
        for now_ms in [SECOND, 2 * SECOND, 30 * SECOND] {
            assert_eq!(next(&mut user, &a, now_ms), b);
        }
        assert_eq!((user.epoch, user.sessions.len()), (0, 1));
        let c = next(&mut user, &b, 31 * SECOND);
        assert_eq!(next(&mut user, &b, 32 * SECOND), c);
    }

    #[test]
    fn a_token_used_after_its_successor_ends_its_family_and_no_other() {
        let (mut user, a, other) = (user(), token(), token());
        user.begin_session(&a, "1", 0);
        user.begin_session(&other, "2", 0);
        let b = next(&mut user, &a, 1);
        let c = next(&mut user, &b, 2);
        assert_eq!((user.epoch, user.sessions.len()), (0, 2));
        assert_eq!(refresh(&mut user, &a, 3), Refreshed::Reused);
        assert_eq!(refresh(&mut user, &c, 4), Refreshed::Unknown);
        assert_eq!((user.epoch, user.unwritten), (1, Some(1)));
        next(&mut user, &other, 5);
    }

    #[test]
    fn a_token_used_after_the_grace_ends_its_family() {
        let (mut user, a) = (user(), token());
        user.begin_session(&a, "1", 0);
        let b = next(&mut user, &a, SECOND);
        assert_eq!(refresh(&mut user, &a, 31 * SECOND), Refreshed::Reused);
        assert_eq!(refresh(&mut user, &b, 31 * SECOND), Refreshed::Unknown);
    }

    #[test]
    fn the_grace_is_not_prolonged_by_using_it() {
        let (mut user, a) = (user(), token());
        user.begin_session(&a, "1", 0);
        for now_ms in [0, 20 * SECOND, 29 * SECOND] {
            next(&mut user, &a, now_ms);
        }
        assert_eq!(refresh(&mut user, &a, 30 * SECOND), Refreshed::Reused);
    }

    #[test]
    fn clocks_of_instances_may_differ_and_a_clock_far_ahead_gives_no_endless_grace() {
        let (mut user, a) = (user(), token());
        user.begin_session(&a, "1", 0);
        let b = next(&mut user, &a, 100 * SECOND);
        assert_eq!(next(&mut user, &a, 95 * SECOND), b);
        assert_eq!(refresh(&mut user, &a, 70 * SECOND), Refreshed::Reused);
    }

    #[test]
    fn a_session_of_an_earlier_version_goes_on() {
        let a = token();
        let kept = serde_json::json!({"family": a.family_hash(), "token": a.secret_hash(), "access": "x", "since_ms": 0, "used_ms": 0});
        let mut user = User { sessions: vec![serde_json::from_value(kept).unwrap()], ..user() };
        let b = next(&mut user, &a, 1);
        assert_eq!(next(&mut user, &a, 2), b);
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_and_when_it_is_old() {
        let (mut user, mut t) = (user(), token());
        user.begin_session(&t, "1", 0);
        assert_eq!(refresh(&mut user.clone(), &t, 30 * DAY), Refreshed::Unknown);
        for month in 1..7 {
            t = next(&mut user, &t, month * 29 * DAY);
        }
        assert_eq!(refresh(&mut user, &t, 180 * DAY), Refreshed::Unknown);
    }

    #[test]
    fn a_user_has_so_many_sessions_and_the_least_used_goes_first() {
        let (mut user, first) = (user(), token());
        user.begin_session(&first, "1", 0);
        let second = token();
        user.begin_session(&second, "1", 1);
        let kept = next(&mut user, &first, 2);
        for n in 3..=21 {
            user.begin_session(&token(), "1", n);
        }
        assert_eq!(user.sessions.len(), MAX_SESSIONS);
        next(&mut user.clone(), &kept, 30);
        assert_eq!(refresh(&mut user, &second, 30), Refreshed::Unknown);
    }

    #[test]
    fn the_session_of_an_access_token_is_kept_whichever_of_its_newest_tokens_it_is() {
        let (a, b) = (token(), token());
        let mut start = user();
        start.begin_session(&a, "a", 0);
        start.begin_session(&b, "b", 0);
        for access in ["b1", "b2", "b3"] {
            start.refresh_session(&b, &Salt::random(), access, 1);
        }
        for access in ["b", "b1", "b2", "b3"] {
            let mut user = start.clone();
            user.end_other_sessions(access);
            assert_eq!(user.sessions.iter().map(|s| s.family.clone()).collect::<Vec<_>>(), [b.family_hash()], "{access}");
        }
        for n in 0..100 {
            start.refresh_session(&b, &Salt::random(), &n.to_string(), 1);
        }
        assert_eq!(start.sessions[1].earlier_access.len(), MAX_ACCESS_TOKENS - 1);
    }
}
