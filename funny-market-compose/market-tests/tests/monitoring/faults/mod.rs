//! What is broken, and which alert says so.

mod bus;
mod calls;
mod certificates;
mod gateway;
mod instances;
mod newcomers;
mod overload;
mod parts;
mod rare;
mod store;
mod upstream;
mod visitors;

pub use rare::all_that_is_rare;

use crate::prometheus::Prometheus;
use market_tests::Market;

/// A market and who watches it.
pub struct Scene {
    pub market: Market,
    pub prometheus: Prometheus,
}

/// Ends a fault when it is dropped, also when the test fails.
pub struct Broken(Vec<Box<dyn FnOnce()>>);

/// One way in which a market is broken.
pub struct Fault {
    /// For people.
    pub name: &'static str,
    /// The alert that says so.
    pub alert: &'static str,
    /// It is made in each run of scripts/test.
    pub is_quick: bool,
    /// The alert looks back further than the fault lasts: it fires on for a while after it.
    pub is_remembered: bool,
    pub begin: fn(&Scene) -> Broken,
}

const fn fault(name: &'static str, alert: &'static str, begin: fn(&Scene) -> Broken) -> Fault {
    Fault { name, alert, is_quick: false, is_remembered: false, begin }
}

impl Fault {
    const fn quick(self) -> Self {
        Self { is_quick: true, ..self }
    }
    const fn remembered(self) -> Self {
        Self { is_remembered: true, ..self }
    }
}

impl Broken {
    /// This ends it.
    fn until(mend: impl FnOnce() + 'static) -> Self {
        Self(vec![Box::new(mend)])
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|mend| mend());
    }
}

/// In the order in which they are made: InstanceLost compares with the time before and so is not the first, and those that are remembered
/// come last.
pub const FAULTS: &[Fault] = &[
    fault("an instance keeps its lease and does not answer", "InstanceUnreachable", instances::one_does_not_answer),
    fault("one of two instances of fm-tracker is killed", "InstanceLost", instances::one_of_two_is_killed),
    fault("the only instance of fm-web is killed", "ServiceDown", instances::all_are_killed).quick(),
    fault("the only gateway is killed", "GatewayDown", gateway::the_only_one_is_killed).quick(),
    fault("etcd hangs (SIGSTOP)", "RegistryUnreachable", parts::etcd_hangs).quick(),
    fault("the broker is killed", "BusUnreachable", bus::broker_is_killed).quick(),
    fault("the node exporter has ended", "InfrastructureNodeDown", parts::node_exporter_ends),
    fault("the table in the registry is overwritten with garbage", "RoutingTableRefused", gateway::table_is_garbage),
    fault("a route leads to an address at which nobody listens", "ErrorRateHigh", gateway::a_route_leads_nowhere),
    fault("10,100 messages lie in a queue that nobody reads", "QueueBacklog", bus::nobody_reads_a_queue),
    fault("a queue that was left behind is full", "OutboxStuck", bus::a_queue_is_full),
    fault("the broker may use a thousandth of the memory", "BrokerAlarm", bus::broker_is_short_of_memory),
    fault("a table is missing in the database of fm-tracker", "StoreUnreachable", store::a_table_is_missing),
    fault("somebody holds the write lock of fm-tracker's database", "HandlersFailing", store::nobody_else_may_write),
    fault("an instance of fm-cars gets more requests than it takes", "ServiceOverloaded", overload::a_service_is_overloaded),
    fault("a gateway gets more requests than it takes", "GatewayOverloaded", overload::a_gateway_is_overloaded),
    fault("every other call to fm-cars is taken and not answered", "CallsFailing", calls::calls_are_taken_and_not_answered),
    fault("the token of Prometheus is not valid any more", "DiscoveryFailing", parts::token_is_not_valid),
    fault("a message that nobody can read reaches fm-tracker", "DeadLetters", bus::a_message_is_unreadable).quick().remembered(),
    fault("the certificate of a gateway ends within 13 days", "CertificateExpires", certificates::one_ends_soon),
    fault("fm-web is killed and started four times", "InstanceRestarting", instances::one_is_killed_again_and_again).remembered(),
    fault("a new certificate of a gateway is garbage", "CertificateRefused", certificates::a_new_one_is_garbage).remembered(),
];

impl Scene {
    /// The running market, with two instances of fm-tracker.
    pub fn of_the_market() -> Self {
        let market = Market::running();
        market.script("scale", &["fm-tracker", "2"]);
        Self { prometheus: Prometheus::watch(&market), market }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.market.script("scale", &["fm-tracker", "1"]);
    }
}
