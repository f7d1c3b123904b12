use super::{Listing, Range};
use crate::{car::YearMonth, catalogue::Choice};

/// What buyers also ask: six facts in one word a car. In each field 0 stands for "not said".
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    shift: u32,
    most: u32,
}

const fn field(shift: u32, bits: u32) -> Field {
    Field { shift, most: (1 << bits) - 1 }
}

pub(super) const EMISSION_CLASS: Field = field(0, 3);
pub(super) const DOORS: Field = field(3, 3);
pub(super) const SEATS: Field = field(6, 6);
pub(super) const OWNERS: Field = field(12, 6);
/// Damage that is not repaired.
pub(super) const DAMAGE: Field = field(18, 2);
pub(super) const INSPECTION: Field = field(20, 12);

/// In [`DAMAGE`].
const UNDAMAGED: u32 = 1;
const DAMAGED: u32 = 2;

impl Field {
    /// Reads it from a car's word.
    pub fn of(self, word: u32) -> u32 {
        word >> self.shift & self.most
    }
    fn set(self, value: Option<u32>) -> u32 {
        value.map_or(0, |v| v.clamp(1, self.most)) << self.shift
    }
    /// What is asked of it, if anything: the least and the most.
    pub fn within(self, range: Range) -> Option<Asked> {
        let (from, to) = (range.from.unwrap_or(1).max(1), range.to.unwrap_or(self.most).min(self.most));
        (!range.is_open()).then_some(Asked { field: self, from, to })
    }
}

/// The values of a field that are asked for, both ends included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub field: Field,
    pub from: u32,
    pub to: u32,
}

impl Asked {
    /// Cars that say that all damage is repaired.
    pub const UNDAMAGED: Asked = Asked { field: DAMAGE, from: UNDAMAGED, to: UNDAMAGED };

    /// Cars that need no inspection before this month is over.
    pub fn inspected(month: YearMonth) -> Self {
        Asked { field: INSPECTION, from: months(month), to: INSPECTION.most }
    }
}

/// Months up to this one, counted from the year 2000: more than three centuries fit.
fn months(of: YearMonth) -> u32 {
    let since = i64::from(of.year) * 12 + i64::from(of.month) - 2000 * 12;
    u32::try_from(since).unwrap_or(0).clamp(1, INSPECTION.most)
}

/// The word of a car.
pub(super) fn pack(car: &Listing) -> u32 {
    EMISSION_CLASS.set(car.emission_class.map(|class| class.code().into()))
        | DOORS.set(car.doors.map(u32::from))
        | SEATS.set(car.seats.map(u32::from))
        | OWNERS.set(car.owners.map(u32::from))
        | DAMAGE.set(car.unrepaired_damage.map(|damaged| if damaged { DAMAGED } else { UNDAMAGED }))
        | INSPECTION.set(car.inspection_until.map(months))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{car, catalogue::EmissionClass};

    #[test]
    fn all_values_have_room_and_no_two_fields_meet() {
        let all = [EMISSION_CLASS, DOORS, SEATS, OWNERS, DAMAGE, INSPECTION];
        let taken = all.iter().fold(0_u32, |taken, f| {
            assert_eq!(taken & f.most << f.shift, 0);
            taken | f.most << f.shift
        });
        assert_eq!(taken, u32::MAX);
        let most = [(DOORS, car::DOORS), (SEATS, car::SEATS), (OWNERS, car::OWNERS)];
        assert!(most.iter().all(|(field, limits)| i64::from(field.most) >= *limits.end()));
        assert!(EMISSION_CLASS.most as usize >= EmissionClass::ALL.len());
    }

    #[test]
    fn months_are_in_their_order_however_far() {
        let all = ["0001-01", "2000-01", "2000-02", "2026-11", "2026-12", "2027-01", "9999-12"].map(|m| months(m.parse().unwrap()));
        assert!(all.is_sorted() && all[2] < all[3] && all[3] + 1 == all[4] && all[4] + 1 == all[5], "{all:?}");
        assert_eq!((all[0], all[6]), (1, INSPECTION.most));
    }
}
