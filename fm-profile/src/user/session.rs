//! Sessions: one per sign-in, each with one refresh token that is good now.

use super::{RefreshToken, User, refresh_token::hash};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A session that is not used for this long ends.
const IDLE: Duration = Duration::from_secs(30 * 24 * 3600);
/// No session lasts longer.
const LONGEST: Duration = Duration::from_secs(180 * 24 * 3600);
/// One user's sessions; another one ends the one that was not used for longest.
const MOST: usize = 20;

/// One sign-in and what followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The hash of what all its refresh tokens have in common.
    pub family: String,
    /// The hash of the secret of the one that is good.
    pub token: String,
    /// The hash of the access token that was issued with it.
    pub access: String,
    pub since_ms: i64,
    pub used_ms: i64,
}

/// How a refresh ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The old token is used up, the new one good.
    Done,
    /// There is no such session, or not any more.
    Unknown,
    /// The token was used before: somebody has a copy. The whole family is revoked.
    Reused,
}

impl Session {
    fn is_over(&self, now_ms: i64) -> bool {
        self.used_ms + IDLE.as_millis() as i64 <= now_ms || self.since_ms + LONGEST.as_millis() as i64 <= now_ms
    }
}

impl User {
    /// Begins a session.
    pub fn begin_session(&mut self, token: &RefreshToken, access: &str, now_ms: i64) {
        self.sessions.retain(|s| !s.is_over(now_ms));
        while self.sessions.len() >= MOST {
            let oldest = self.sessions.iter().enumerate().min_by_key(|(_, s)| s.used_ms).map_or(0, |(i, _)| i);
            self.sessions.remove(oldest);
        }
        self.sessions.push(Session {
            family: token.family_hash(),
            token: token.secret_hash(),
            access: hash(access.as_bytes()),
            since_ms: now_ms,
            used_ms: now_ms,
        });
    }

    /// Takes `next` in the place of `old`. Whoever knows the family has had one of its tokens, so a secret that is not the good one is
    /// taken for a used one: the family ends, and the access tokens that were made of it with it. Of two uses at once one is the second.
    pub fn refresh_session(&mut self, old: &RefreshToken, next: &RefreshToken, access: &str, now_ms: i64) -> Refreshed {
        self.sessions.retain(|s| !s.is_over(now_ms));
        let family = old.family_hash();
        let Some(session) = self.sessions.iter_mut().find(|s| s.family == family) else { return Refreshed::Unknown };
        if session.token != old.secret_hash() {
            self.end_session(old);
            self.revoke_tokens();
            return Refreshed::Reused;
        }
        session.token = next.secret_hash();
        session.access = hash(access.as_bytes());
        session.used_ms = now_ms;
        Refreshed::Done
    }

    /// Ends the session of this token, used or not.
    pub fn end_session(&mut self, token: &RefreshToken) {
        let family = token.family_hash();
        self.sessions.retain(|s| s.family != family);
    }

    /// Ends all sessions but the one that this access token was issued in last.
    pub fn end_other_sessions(&mut self, access: &str) {
        let access = hash(access.as_bytes());
        self.sessions.retain(|s| s.access == access);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const DAY: i64 = 86_400_000;

    fn user() -> User {
        User::nobody("0190b5a0c0de70008000000000000001")
    }
    fn token() -> RefreshToken {
        RefreshToken::first(&user().id).unwrap()
    }

    #[test]
    fn a_used_token_ends_its_family_and_no_other() {
        let (mut user, a, b) = (user(), token(), token());
        user.begin_session(&a, "1", 0);
        user.begin_session(&b, "2", 0);
        let next = a.next();
        assert_eq!(user.refresh_session(&a, &next, "3", 1), Refreshed::Done);
        assert_eq!((user.epoch, user.sessions.len()), (0, 2));
        assert_eq!(user.refresh_session(&a, &a.next(), "4", 2), Refreshed::Reused);
        assert_eq!(user.refresh_session(&next, &next.next(), "5", 3), Refreshed::Unknown);
        assert_eq!((user.epoch, user.unwritten), (1, Some(1)));
        assert_eq!(user.refresh_session(&b, &b.next(), "6", 4), Refreshed::Done);
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_and_when_it_is_old() {
        let (mut user, mut t) = (user(), token());
        user.begin_session(&t, "1", 0);
        assert_eq!(user.clone().refresh_session(&t, &t.next(), "2", 30 * DAY), Refreshed::Unknown);
        for month in 1..7 {
            let next = t.next();

            assert_eq!(user.refresh_session(&t, &next, "2", month * 29 * DAY), Refreshed::Done);
            t = next;
        }
        assert_eq!(user.refresh_session(&t, &t.next(), "2", 180 * DAY), Refreshed::Unknown);
    }

    #[test]
    fn a_user_has_so_many_sessions_and_the_least_used_goes_first() {
        let (mut user, first) = (user(), token());
        user.begin_session(&first, "1", 0);
        let second = token();
        user.begin_session(&second, "1", 1);
        let kept = first.next();
        assert_eq!(user.refresh_session(&first, &kept, "1", 2), Refreshed::Done);
        for n in 3..=21 {
            user.begin_session(&token(), "1", n);
        }
        assert_eq!(user.sessions.len(), MOST);
        assert_eq!(user.clone().refresh_session(&kept, &kept.next(), "1", 30), Refreshed::Done);
        assert_eq!(user.refresh_session(&second, &second.next(), "1", 30), Refreshed::Unknown);
    }

    #[test]
    fn the_session_of_an_access_token_is_kept() {
        let (mut user, a, b) = (user(), token(), token());
        user.begin_session(&a, "1", 0);
        user.begin_session(&b, "2", 0);
        user.end_other_sessions("2");
        assert_eq!(user.sessions.iter().map(|s| s.family.clone()).collect::<Vec<_>>(), [b.family_hash()]);
    }
}
