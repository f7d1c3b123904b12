use crate::scene::{Scene, TIMEOUT};
use market_tests::wait_until;
use serde_json::json;
use std::time::Duration;

/// What the API promises for pictures and tracks after a deletion is done.
const FOLLOWS: Duration = Duration::from_secs(5);

#[test]
fn an_account_is_deleted_while_no_fm_cars_runs_and_all_of_it_goes_when_one_starts() {
    let scene = Scene::with_cars(3);
    let cars = scene.market.instance("fm-cars");
    cars.signal("TERM");
    wait_until("no fm-cars runs", TIMEOUT, || !cars.lives() && scene.market.registered("fm-cars").is_empty());

    let deletion = scene.delete();
    let pending = json!({ "state": "pending", "cars_deleted": 0 });
    assert_eq!(scene.state(&deletion), pending);
    scene.refuses_to_sign_in();
    scene.seller.http.get("/api/me").expect(401);
    assert_eq!(scene.state(&deletion), pending);
    assert!(scene.pictures.iter().all(|picture| scene.get(picture) == 200), "pictures wait for their cars");

    scene.revive();
    scene.is_done(&deletion);
    scene.nothing_is_left(FOLLOWS);
    scene.was_said_once(3);
}
