//! fm-cars: the cars of the market. Ads with their rules, the catalogue they choose from, the search over them, the import of many.
#![forbid(unsafe_code)]

mod announce;
pub mod car;
pub mod catalogue;
mod expiry;
mod gauges;
mod handlers;
pub mod import;
pub mod messages;
mod openapi;
mod owner;
pub mod places;
mod routes;
pub mod search;
mod settings;
mod state;
pub mod understand;

pub use owner::DeletedOwner;
pub use settings::Own;
pub use state::Cars;

use fm_sdk::Service;
use import::{Import, ImportPart};
use std::time::Duration;

/// How often the read model is looked at: does a refill pay?
const TIDY: Duration = Duration::from_secs(60);
/// How often imports are looked for whose messages were lost.
const OVERDUE_IMPORTS: Duration = Duration::from_secs(60);
/// How often ads are looked for whose time is over.
const EXPIRY: Duration = Duration::from_secs(60);
/// How often parts of imports are looked for that were left behind.
const SWEEP: Duration = Duration::from_secs(3600);

/// The service.
pub fn cars(state: Cars) -> Service<Cars> {
    Service::new("fm-cars", state)
        .version(env!("CARGO_PKG_VERSION"))
        .scopes(&["cars:write", "cars:import"])
        .snapshot(announce::snapshot)
        .expires(DeletedOwner::at, owner::REMEMBERED)
        .expires(Import::started, import::IMPORTS_KEPT)
        .keeps::<ImportPart>()
        .publishes::<messages::CarDrafted>()
        .publishes::<messages::CarListed>()
        .publishes::<messages::CarChanged>()
        .publishes::<messages::CarPriceChanged>()
        .publishes::<messages::CarExpiring>()
        .publishes::<messages::CarSold>()
        .publishes::<messages::CarRemoved>()
        .publishes::<messages::UserDeleted>()
        .call(handlers::attach_images)
        .call(handlers::order_images)
        .call(handlers::remove_image)
        .call(handlers::may_edit)
        .call(handlers::images_attached)
        .call(handlers::show_car)
        .call(handlers::car_text)
        .call(handlers::find_place)
        .command(handlers::delete_all)
        .on(handlers::all_deleted)
        .command(handlers::import_part)
        .on(handlers::listed_by_whom)
        .on(handlers::drafted_by_whom)
        .on_each_instance(handlers::refresh::listed)
        .on_each_instance(handlers::refresh::changed)
        .on_each_instance(handlers::refresh::price_changed)
        .on_each_instance(handlers::refresh::sold)
        .on_each_instance(handlers::refresh::removed)
        .on_gap(state::fill)
        .every(TIDY, "tidy-search", state::tidy)
        .every(OVERDUE_IMPORTS, "process-overdue-imports", import::process_overdue)
        .every_once(EXPIRY, "expire-ads", expiry::expire_ads)
        .every(SWEEP, "sweep-imports", import::sweep)
        .http(routes::configure)
        .openapi(openapi::document)
}
