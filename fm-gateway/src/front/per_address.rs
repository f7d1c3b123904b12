//! How many of something each client address has: connections, event streams.

use fm_sdk::metrics::prometheus_client::metrics::gauge::Gauge;
use ipnet::IpNet;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Counts them. An IPv6 client has a whole /64 and counts as that; trusted proxies stand for many clients and have no limit.
#[derive(Clone)]
pub struct PerAddress(Arc<Inner>);

struct Inner {
    most: usize,
    exempt: Vec<IpNet>,
    all: Gauge,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them; given back when dropped.
pub struct Place {
    of: PerAddress,
    client: Option<IpAddr>,
    /// How many beyond the limit there are with this one.
    pub excess: usize,
}

impl PerAddress {
    /// Allows so many to each; the gauge shows all.
    pub fn new(most: usize, exempt: &[IpNet], all: Gauge) -> Self {
        PerAddress(Arc::new(Inner { most, exempt: exempt.to_vec(), all, counts: Mutex::default() }))
    }

    /// Counts one more.
    pub fn enter(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        let client = (!self.0.exempt.iter().any(|net| net.contains(&address))).then(|| client_of(address));
        let count = client.map_or(0, |client| {
            let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(client).or_default();
            *count += 1;
            *count
        });
        self.0.all.inc();
        Place { of: self.clone(), client, excess: count.saturating_sub(self.0.most) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.0.all.dec();
        let Some(client) = self.client else { return };
        let mut counts = self.of.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&client);
            }
        }
    }
}

fn client_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_each(exempt: &[&str]) -> (PerAddress, Gauge) {
        let (exempt, all): (Vec<IpNet>, _) = (exempt.iter().map(|net| net.parse().unwrap()).collect(), Gauge::default());
        (PerAddress::new(2, &exempt, all.clone()), all)
    }
    fn enter(of: &PerAddress, address: &str) -> Place {
        of.enter(address.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_count() {
        let (of, all) = two_each(&[]);
        let places = ["9.9.9.9", "9.9.9.9", "::ffff:9.9.9.9", "8.8.8.8"].map(|address| enter(&of, address));
        assert_eq!(places.each_ref().map(|place| place.excess), [0, 0, 1, 0]);
        assert_eq!(all.get(), 4);
        drop(places);
        assert_eq!((all.get(), of.0.counts.lock().unwrap().len()), (0, 0), "nothing is left of those who are gone");
        assert_eq!(enter(&of, "9.9.9.9").excess, 0);
    }

    #[test]
    fn a_network_of_one_ipv6_client_counts_as_one() {
        let (of, _) = two_each(&[]);
        let places = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1"].map(|address| enter(&of, address));
        assert_eq!(places.each_ref().map(|place| place.excess), [0, 0, 1, 0]);
    }

    #[test]
    fn trusted_proxies_have_no_limit() {
        let (of, all) = two_each(&["10.0.0.0/8"]);
        let places: Vec<Place> = (0..9).map(|_| enter(&of, "::ffff:10.0.0.1")).collect();
        assert!(places.iter().all(|place| place.excess == 0));
        assert_eq!(all.get(), 9);
    }
}
