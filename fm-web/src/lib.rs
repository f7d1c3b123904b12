//! fm-web: the pages of the market. Rendered here, from what the API behind the gateway says; complete without JavaScript.

mod assets;
mod catalogue;
mod gateway;
mod legal;
mod pages;
mod request_context;
mod search;
mod settings;
mod text;
mod view;

pub use legal::Legal;
pub use settings::Own;

use catalogue::Catalogue;
use fm_sdk::Service;
use gateway::Gateway;
use request_context::Renewals;

/// What an instance keeps in memory.
pub struct Web {
    gateway: Gateway,
    catalogue: Catalogue,
    renewals: Renewals,
    /// Scheme, host and port of the site.
    public_url: Option<String>,
    legal: Legal,
    /// The page of all components is shown.
    design: bool,
}

/// The service.
pub fn web(own: Own) -> Service<Web> {
    let state = Web {
        gateway: Gateway::new(&own.gateway),
        catalogue: Catalogue::default(),
        renewals: Renewals::default(),
        public_url: own.public_url.map(|url| url.origin().ascii_serialization()),
        legal: own.legal.unwrap_or_default(),
        design: own.design_page,
    };
    Service::new("fm-web", state).version(env!("CARGO_PKG_VERSION")).http(pages::configure)
}
