use crate::car::CarId;

/// Keeps the `k` least of many, by key and then by id, in memory of 2 k and without sorting the rest.
#[derive(Debug)]
pub(super) struct Top<'a> {
    k: usize,
    ids: &'a [CarId],
    kept: Vec<(u64, u32)>,
    /// Nothing above can be among the first `k` any more.
    limit: u64,
}

impl<'a> Top<'a> {
    /// Starts with nothing.
    pub fn new(k: usize, ids: &'a [CarId]) -> Self {
        Top { k, ids, kept: Vec::new(), limit: u64::MAX }
    }
    /// Looks at one more.
    pub fn see(&mut self, key: u64, row: usize) {
        if key > self.limit || self.k == 0 {
            return;
        }
        self.kept.push((key, row as u32));
        if self.kept.len() >= 2 * self.k + 64 {
            self.cut();
        }
    }
    fn cut(&mut self) {
        let ids = self.ids;
        let order = |a: &(u64, u32), b: &(u64, u32)| a.0.cmp(&b.0).then_with(|| ids[a.1 as usize].cmp(&ids[b.1 as usize]));
        if self.kept.len() > self.k {
            let (_, last, _) = self.kept.select_nth_unstable_by(self.k - 1, order);
            self.limit = last.0;
            self.kept.truncate(self.k);
        }
    }
    /// The first `k` without the first `offset`, in order.
    pub fn page(mut self, offset: usize) -> Vec<CarId> {
        if self.k > 0 {
            self.cut();
        }
        let ids = self.ids;
        self.kept.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| ids[a.1 as usize].cmp(&ids[b.1 as usize])));
        self.kept.iter().skip(offset).map(|(_, row)| ids[*row as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_page_equals_that_of_a_full_sort(keys in prop::collection::vec(0_u64..20, 0..600), offset in 0_usize..50, limit in 0_usize..50) {
            let ids: Vec<_> = (0..keys.len()).map(|i| CarId::of_bits((i as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c))).collect();
            let mut top = Top::new(offset + limit, &ids);
            keys.iter().enumerate().for_each(|(row, key)| top.see(*key, row));
            let mut all: Vec<_> = keys.iter().copied().zip(ids.iter().copied()).collect();
            all.sort();
            let expected: Vec<_> = all.into_iter().skip(offset).take(limit).map(|p| p.1).collect();
            prop_assert_eq!(top.page(offset), expected);
        }
    }
}
