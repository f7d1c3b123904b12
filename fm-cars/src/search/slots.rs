use crate::car::CarId;
use hashbrown::{HashTable, hash_table::Entry};

/// Where a car lies: from its id to its slot, in about 6 bytes a car, since the ids themselves lie in the columns.
#[derive(Debug, Default)]
pub(super) struct Slots(HashTable<u32>);

/// Ids are made by us, their low half is random (version 4 and 7) or a hash (version 5).
fn hash(id: CarId) -> u64 {
    let bits = id.bits();
    ((bits >> 64) as u64 ^ bits as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Slots {
    /// The slot of a car.
    pub fn get(&self, ids: &[CarId], id: CarId) -> Option<usize> {
        self.0.find(hash(id), |slot| ids[*slot as usize] == id).map(|slot| *slot as usize)
    }
    /// Points a car to a slot. `ids` must hold the car at its old slot still, if it has one.
    pub fn set(&mut self, ids: &[CarId], id: CarId, slot: usize) {
        match self.0.entry(hash(id), |s| ids[*s as usize] == id, |s| hash(ids[*s as usize])) {
            Entry::Occupied(mut e) => *e.get_mut() = slot as u32,
            Entry::Vacant(e) => {
                e.insert(slot as u32);
            }
        }
    }
    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.0.allocation_size()
    }
}
