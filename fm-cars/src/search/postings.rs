use super::words::{self, Question};
use roaring::{MultiOps, RoaringBitmap};
use std::collections::BTreeMap;

/// The slots that have a word. Most words are written once, so one slot takes no bitmap.
#[derive(Debug)]
enum Places {
    One(u32),
    Many(Box<RoaringBitmap>),
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
                Some(Places::Many(slots)) => {
                    slots.insert(slot);
                }
                Some(places @ Places::One(_)) => {
                    if let Places::One(first) = *places {
                        *places = Places::Many(Box::new([first, slot].into_iter().collect()));
                    }
                }
            }
        }
    }
    fn slots(&self, word: &str) -> RoaringBitmap {
        match self.0.get(word) {
            None => RoaringBitmap::new(),
            Some(Places::One(slot)) => [*slot].into_iter().collect(),
            Some(Places::Many(slots)) => (**slots).clone(),
        }
    }
    fn beginning(&self, word: &str) -> RoaringBitmap {
        let from = (std::ops::Bound::Included(word), std::ops::Bound::Unbounded);
        let found = self.0.range::<str, _>(from).take_while(|(w, _)| w.starts_with(word)).map(|(_, places)| places);
        // Thousands of words may begin so: one bit per slot takes them in without merging a bitmap for each.
        let mut bits: Vec<u8> = Vec::new();
        let mut set = |slot: u32| {
            let byte = slot as usize / 8;
            if byte >= bits.len() {
                bits.resize(byte + 1, 0);
            }
            bits[byte] |= 1 << (slot % 8);
        };
        for places in found {
            match places {
                Places::One(slot) => set(*slot),
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
        let places = |p: &Places| match p {
            Places::One(_) => 0,
            Places::Many(b) => {
                let s = b.statistics();
                24 + s.n_containers as usize * 40
                    + (s.n_bytes_array_containers + s.n_bytes_bitset_containers + s.n_bytes_run_containers) as usize
            }
        };
        self.0.iter().map(|(w, p)| 44 + w.len() + places(p)).sum()
    }
}
