//! Faults of overload: more requests than a part accepts.

use super::{Broken, Scene, newcomers, visitors::Visitors};

/// Those who ask at the same time.
const CROWD: usize = 8;

/// One more fm-cars takes one request at a time, and a crowd asks it.
pub fn a_service_is_overloaded(scene: &Scene) -> Broken {
    let small = newcomers::join(scene, "fm-cars", &[("FM_MAX_REQUESTS", "1")]);
    let crowd = crowd(scene, &small.url());
    Broken::until(move || drop((crowd, small)))
}

/// One more gateway takes one request at a time, and a crowd asks it.
pub fn a_gateway_is_overloaded(scene: &Scene) -> Broken {
    let small = newcomers::gateway(scene, &[("FM_GATEWAY_AT_ONCE", "1")]);
    let crowd = crowd(scene, &small.url);
    Broken::until(move || drop((crowd, small)))
}

fn crowd(scene: &Scene, url: &str) -> Visitors {
    let asked = scene.market.at_url(url);
    Visitors::who(CROWD, move || drop(asked.try_send("GET", "/api/cars?per_page=100", None)))
}
