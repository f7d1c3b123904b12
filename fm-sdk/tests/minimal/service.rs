use fm_sdk::{Cx, Handled, Reply, Service, messages};
messages! {
    call "fm-greeter/greet" Greet { name: String } -> String;
    event "user.joined" from "fm-users" Joined { name: String }
    event "user.welcomed" from "fm-greeter" Welcomed { name: String }
}
pub fn greeter() -> Service<()> {
    Service::new("fm-greeter", ()).call(greet).on(joined)
}
async fn greet(m: Greet, _: Cx<()>) -> Reply<String> {
    Ok(format!("hello {}", m.name))
}
async fn joined(m: Joined, cx: Cx<()>) -> Handled {
    cx.publish(Welcomed { name: m.name })
}
