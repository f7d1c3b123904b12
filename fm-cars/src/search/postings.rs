use super::words::{self, Question};
use roaring::{MultiOps, RoaringBitmap};
use std::collections::BTreeMap;

/// The slots that have a word. Most words are written once, so one slot takes no memory of its own; few lie side by side, since a bitmap of
/// few among many would be a container for almost each of them, somewhere else in memory.
#[derive(Debug)]
enum Places {
    One(u32),
    /// In order.
    Few(Vec<u32>),
    Many(Box<RoaringBitmap>),
}

/// Slots that lie side by side, at most.
const FEW: usize = 512;

impl Places {
    fn add(&mut self, slot: u32) {
        match self {
            Places::One(first) => *self = Places::Few(if *first < slot { vec![*first, slot] } else { vec![slot, *first] }),
            Places::Few(slots) if slots.len() < FEW => {
                let at = slots.partition_point(|s| *s < slot);
                slots.insert(at, slot);
            }
            Places::Few(slots) => *self = Places::Many(Box::new(slots.iter().copied().chain([slot]).collect())),
            Places::Many(slots) => {
                slots.insert(slot);
            }
        }
    }
    fn bitmap(&self) -> RoaringBitmap {
        match self {
            Places::One(slot) => [*slot].into_iter().collect(),
            Places::Few(slots) => slots.iter().copied().collect(),
            Places::Many(slots) => (**slots).clone(),
        }
    }
    fn bytes(&self) -> usize {
        match self {
            Places::One(_) => 0,
            Places::Few(slots) => slots.capacity() * 4,
            Places::Many(slots) => {
                let s = slots.statistics();
                24 + s.n_containers as usize * 40
                    + (s.n_bytes_array_containers + s.n_bytes_bitset_containers + s.n_bytes_run_containers) as usize
            }
        }
    }
}

/// From a word to the slots that have it.
#[derive(Debug, Default)]
pub(super) struct Postings(BTreeMap<Box<str>, Places>);

impl Postings {
    /// Takes the words of a slot in.
    pub fn add(&mut self, slot: u32, text: &str) {
        for word in words::of_car(text) {
            match self.0.get_mut(word.as_str()) {
                None => {
                    self.0.insert(word.into(), Places::One(slot));
                }
                Some(places) => places.add(slot),
            }
        }
    }
    fn slots(&self, word: &str) -> RoaringBitmap {
        self.0.get(word).map(Places::bitmap).unwrap_or_default()
    }
    fn beginning(&self, word: &str) -> RoaringBitmap {
        let from = (std::ops::Bound::Included(word), std::ops::Bound::Unbounded);
        let mut found = self.0.range::<str, _>(from).take_while(|(w, _)| w.starts_with(word)).map(|(_, places)| places);
        let Some(first) = found.next() else { return RoaringBitmap::new() };
        let Some(second) = found.next() else { return first.bitmap() };
        // Thousands of words may begin so: one bit per slot takes them in without merging a bitmap for each.
        let mut bits: Vec<u8> = Vec::new();
        let mut set = |slot: u32| {
            let byte = slot as usize / 8;
            if byte >= bits.len() {
                bits.resize(byte + 1, 0);
            }
            bits[byte] |= 1 << (slot % 8);
        };
        for places in [first, second].into_iter().chain(found) {
            match places {
                Places::One(slot) => set(*slot),
                Places::Few(slots) => slots.iter().copied().for_each(&mut set),
                Places::Many(slots) => slots.iter().for_each(&mut set),
            }
        }
        RoaringBitmap::from_lsb0_bytes(0, &bits)
    }
    /// The slots that fit a question.
    pub fn find(&self, question: &Question) -> RoaringBitmap {
        let whole = question.whole.iter().map(|w| self.slots(w));
        let beginning = question.beginning.iter().map(|w| self.beginning(w));
        whole.chain(beginning).intersection()
    }
    /// Bytes in memory, roughly.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(w, places)| 52 + w.len() + places.bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_slots_of_a_word_are_found_in_whatever_order_they_came(order in Just((0..FEW as u32 + 40).collect::<Vec<_>>()).prop_shuffle()) {
            let mut postings = Postings::default();
            for (n, slot) in order.iter().enumerate() {
                postings.add(slot * 3, if slot % 2 == 0 { "golf variant" } else { "golfer" });
                prop_assert_eq!(postings.beginning("golf").len(), n as u64 + 1);
            }
            let even: Vec<u32> = (0..FEW as u32 + 40).filter(|slot| slot % 2 == 0).map(|slot| slot * 3).collect();
            prop_assert_eq!(postings.slots("golf").iter().collect::<Vec<_>>(), even.clone());
            prop_assert_eq!(postings.beginning("vari").iter().collect::<Vec<_>>(), even);
        }
        #[test]
        fn more_slots_than_lie_side_by_side_are_a_bitmap(order in Just((0..FEW as u32 * 2).collect::<Vec<_>>()).prop_shuffle()) {
            let mut postings = Postings::default();
            order.iter().for_each(|slot| postings.add(*slot, "golf"));
            prop_assert!(postings.slots("golf").iter().eq(0..FEW as u32 * 2));
            prop_assert!(matches!(postings.0.get("golf"), Some(Places::Many(_))));
        }
    }
}
