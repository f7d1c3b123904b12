//! What a command line needs of a market that runs: the bus, the service's store, and its signature.

use super::{
    application::{self, registry, transport},
    snapshot::Cursor,
};
use crate::{
    ConnectionState, Error, Kind, Result, Transport,
    config::{BusUrl, Settings, StoreUrl},
    identity::{Delegate, Keys, Purpose, Verifier},
    registry::Registry,
    runtime::Schedule,
    store::{Driver, Spec},
    text::is_invisible,
};
use std::{sync::Arc, time::Duration};

/// How long the broker and the registry may take to answer at all.
const CONNECT: Duration = Duration::from_secs(10);

/// Gives the bus, connected.
pub(super) async fn bus(settings: &Settings) -> Result<Arc<dyn Transport>> {
    if settings.bus == BusUrl::Memory {
        let text = "with FM_BUS=memory the bus lives in the serving process alone";
        return Err(Error::new(Kind::Invalid, "bus-memory", text));
    }
    let bus = transport(settings)?;
    let mut connection = bus.connection();
    let up = tokio::time::timeout(CONNECT, connection.wait_for(|c| *c == ConnectionState::Up)).await;
    if !matches!(up, Ok(Ok(_))) {
        let why = match &*bus.connection().borrow() {
            ConnectionState::Down(why) => why.clone(),
            ConnectionState::Up => "no answer".into(),
        };
        return Err(Error::new(Kind::Unavailable, "broker-unreachable", why));
    }
    Ok(bus)
}

/// The service's store, if there is one: looking must not make an empty one. `specs` is what the service keeps: messages may lie there.
pub(super) async fn store(settings: &Settings, service: &str, mut specs: Vec<Spec>) -> Result<Option<Arc<dyn Driver>>> {
    match &settings.store {
        StoreUrl::Memory => return Ok(None),
        StoreUrl::Folder(folder) if !folder.join(format!("{service}.sqlite")).exists() => return Ok(None),
        StoreUrl::Folder(_) | StoreUrl::Mongo(_) => {}
    }
    let store = application::store(settings, service).await?;
    specs.extend([Schedule::SPEC, Cursor::SPEC]);
    store.prepare(specs).await?;
    Ok(Some(store))
}

/// What strangers wrote must neither break the line nor speak to the terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { c.escape_default().to_string() } else { c.into() }).collect()
}

/// Signs in the service's name with the keys of its data folder, as its instances do.
pub(super) struct Signer {
    pub delegate: Delegate,
    pub verifier: Verifier,
    _registry: Arc<dyn Registry>,
}

impl Signer {
    pub async fn new(service: &str, settings: &Settings) -> Result<Self> {
        let registry = registry(settings)?;
        let keys = Keys::open(&settings.data_folder(service).join("keys"), Purpose::Service(service.into()))?;
        let verifier = Verifier::new(&*registry, settings.token_policy()).for_service(service);
        tokio::time::timeout(CONNECT, verifier.ready())
            .await
            .map_err(|_| Error::new(Kind::Unavailable, "registry-unreachable", "the registry does not answer, so no key is known"))?;
        keys.publish(&*registry).await?;
        Ok(Signer { delegate: Delegate::new(Arc::new(keys), settings.token_policy())?, verifier, _registry: registry })
    }
}
