use crate::{Alert, AlertMail, Favourite, MailToken, Profile, SavedSearch, User, inbox::remove_deserted, messages::UserDeleted};
use fm_sdk::{Cx, Handled, Kind};

/// fm-cars has deleted all cars of a user: the deletion of the account is complete.
pub async fn user_deleted(m: UserDeleted, cx: Cx<Profile>) -> Handled {
    let now = cx.state.now_ms();
    // Of the living nothing is taken away, whatever is said.
    if cx.doc::<User>(&m.user).get().await?.is_none_or(|user| user.is_gone()) {
        cx.remove_each(Favourite::user.eq(&m.user), |_, _| Ok(())).await?;
        cx.remove_each(SavedSearch::user.eq(&m.user), |_, _| Ok(())).await?;
        cx.remove_each(Alert::user.eq(&m.user), |_, _| Ok(())).await?;
        cx.doc::<AlertMail>(&m.user).remove(|_, _| Ok(())).await?;
        cx.remove_each(MailToken::user.eq(&m.user), |_, _| Ok(())).await?;
    }
    remove_deserted(&cx, &m.user).await?;
    let changed = cx
        .doc::<User>(&m.user)
        .change(|user, _| {
            user.cars_are_gone(m.count, now);
            Ok(())
        })
        .await;
    match changed {
        Err(e) if e.kind() == Kind::NotFound => {
            log::warn!(user = m.user.as_str(); "accounts: fm-cars deleted the cars of an unknown user, nothing to do")
        }
        Ok(user) if !user.is_gone() => {
            log::warn!(user = m.user.as_str(); "accounts: fm-cars deleted the cars of a user who is not deleted, leaving the account as it is")
        }
        other => return other.map(drop),
    }
    Ok(())
}
