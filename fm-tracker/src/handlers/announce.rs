use crate::{Tracker, feed::Listing, messages::CarListed};
use fm_sdk::{Cx, Handled};

/// Every instance tells its listeners of newly listed cars.
pub async fn announce(m: CarListed, cx: Cx<Tracker>) -> Handled {
    cx.state.feed.announce(Listing::new(m.car));
    Ok(())
}
