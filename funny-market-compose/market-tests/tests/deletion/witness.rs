use amiquip::{Connection, FieldTable, QueueDeclareOptions, QueueDeleteOptions};
use market_tests::{Market, wait_until};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Keeps every event that tells of a removal, in a queue that outlives the broker's death.
pub struct Witness {
    bus: String,
    queue: String,
}

/// How often it was said of each car, and of the account, that it is gone. The same message that came twice counts once.
#[derive(Debug, PartialEq, Eq)]
pub struct Removals {
    pub cars: BTreeMap<String, usize>,
    /// How many cars each event that ends a deletion has counted.
    pub accounts: Vec<u64>,
}

impl Witness {
    pub fn new(market: &Market) -> Self {
        let witness = Witness { bus: market.address("bus"), queue: market.unique("test.witness.") };
        let mut connection = Connection::insecure_open(&witness.bus).unwrap();
        let channel = connection.open_channel(None).unwrap();
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(witness.queue.as_str(), options).unwrap();
        for event in ["car.removed", "cars.user-deleted"] {
            channel.queue_bind(witness.queue.as_str(), "fm.events", event, FieldTable::new()).unwrap();
        }
        connection.close().unwrap();
        witness
    }

    /// What was said of this user's cars and account, as soon as so many cars and the account were spoken of.
    pub fn removals(self, user: &str, cars: usize) -> Removals {
        let mut connection = Connection::insecure_open(&self.bus).unwrap();
        let channel = connection.open_channel(None).unwrap();
        let (mut seen, mut removals) = (BTreeSet::new(), Removals { cars: BTreeMap::new(), accounts: Vec::new() });
        wait_until("all removals were told of", Duration::from_secs(20), || {
            while let Some(get) = channel.basic_get(self.queue.as_str(), true).unwrap() {
                let said: Value = serde_json::from_slice(&get.delivery.body).unwrap();
                if !seen.insert(get.delivery.properties.message_id().clone().unwrap()) {
                    continue;
                }
                if said["owner"] == user {
                    *removals.cars.entry(said["id"].as_str().unwrap().to_owned()).or_default() += 1;
                } else if said["user"] == user {
                    removals.accounts.push(said["count"].as_u64().unwrap());
                }
            }
            removals.cars.len() >= cars && !removals.accounts.is_empty()
        });
        channel.queue_delete(self.queue.as_str(), QueueDeleteOptions::default()).unwrap();
        connection.close().unwrap();
        removals
    }
}
