//! How many requests are under way in the whole gateway. What comes beyond is refused at once, so that the others are answered in time.

use fm_sdk::metrics::prometheus_client::metrics::gauge::Gauge;

/// Counts them.
#[derive(Clone, Debug)]
pub struct Load {
    under_way: Gauge,
    at_once: usize,
}

/// The place of one request; given back when dropped.
#[derive(Debug)]
pub struct Place(Gauge);

impl Load {
    /// Takes so many at once; the gauge shows them.
    pub fn new(at_once: usize, under_way: Gauge) -> Self {
        Load { under_way, at_once }
    }

    /// Gives a place, unless all are taken.
    pub fn enter(&self) -> Option<Place> {
        let before = self.under_way.inc();
        let place = Place(self.under_way.clone());
        usize::try_from(before).is_ok_and(|before| before < self.at_once).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_released_when_it_is_dropped() {
        let gauge = Gauge::default();
        let load = Load::new(2, gauge.clone());
        let (a, b) = (load.enter().unwrap(), load.enter().unwrap());
        assert!(load.enter().is_none());
        assert_eq!(gauge.get(), 2, "those that are refused do not count");
        drop(a);
        assert!(load.enter().is_some());
        drop(b);
        assert_eq!(gauge.get(), 0);
    }
}
