use super::{id_of, own};
use crate::{
    Web,
    gateway::Answer,
    pages::see,
    request_context::{Form, Me, RequestContext},
    view::Picture,
};
use actix_web::{
    HttpResponse,
    http::Method,
    web::{Data, Path},
};
use fm_sdk::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::json;

/// An action on one picture.
#[derive(Deserialize)]
pub struct Change {
    #[serde(default)]
    key: String,
    #[serde(default, rename = "do")]
    wish: String,
}

/// Moves or removes a picture.
pub async fn submit(web: Data<Web>, _: RequestContext, me: Me, id: Path<String>, Form(change): Form<Change>) -> Result<HttpResponse> {
    let id = id_of(&id)?;
    let key = Picture::of_key(&change.key, 0, 0).ok_or_else(|| Error::new(Kind::Malformed, "malformed", "no picture"))?.key;
    if change.wish == "remove" {
        let ask = web.gateway.ask(Method::DELETE, &me.caller, format!("/api/cars/{id}/images/{key}"));
        done(ask.send().await.and_then(Answer::success))?;
    } else {
        let car = own(&web, &me, id).await?.car;
        let mut keys: Vec<String> = car.images.into_iter().map(|i| i.key).collect();
        if moved(&mut keys, &key, &change.wish) {
            let ask = web.gateway.ask(Method::PUT, &me.caller, format!("/api/cars/{id}/images/order")).json(&json!({"keys": keys}));
            done(ask.send().await.and_then(Answer::success))?;
        }
    }
    // Without scripts the browser goes on from the picture that was moved.
    Ok(see(&format!("/my/cars/{id}/pictures#picture-{key}")))
}

/// A picture that is gone already, or an order of pictures that are others by now, shows on the page that follows.
fn done(answer: Result<Answer>) -> Result<()> {
    match answer {
        Err(e) if !matches!(e.kind(), Kind::NotFound | Kind::Conflict | Kind::Invalid) => Err(e),
        _ => Ok(()),
    }
}

/// Moves a key; says whether anything has changed.
fn moved(keys: &mut Vec<String>, key: &str, wish: &str) -> bool {
    let Some(from) = keys.iter().position(|k| k == key) else { return false };
    let to = match wish {
        "up" => from.saturating_sub(1),
        "down" => (from + 1).min(keys.len() - 1),
        "main" => 0,
        _ => from,
    };
    if to == from {
        return false;
    }
    let moving = keys.remove(from);
    keys.insert(to, moving);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_move_and_stop_at_the_ends() {
        let after = |key: &str, wish: &str| {
            let mut keys = ["a", "b", "c"].map(String::from).to_vec();
            let changed = moved(&mut keys, key, wish);
            format!("{} {changed}", keys.concat())
        };
        assert_eq!((after("b", "up"), after("b", "down"), after("c", "main")), ("bac true".into(), "acb true".into(), "cab true".into()));
        for (key, wish) in [("a", "up"), ("c", "down"), ("a", "main"), ("x", "up"), ("b", "sideways")] {
            assert_eq!(after(key, wish), "abc false");
        }
    }
}
