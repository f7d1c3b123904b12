//! Counting how often each small code, or each bit, occurs.

/// Counters of codes below 64, twice: neighbouring rows often have the same code, and a counter that was just written is slow to read.
#[derive(Debug)]
pub(super) struct ValueCounts([[u32; 64]; 2]);

impl Default for ValueCounts {
    fn default() -> Self {
        ValueCounts([[0; 64]; 2])
    }
}

impl ValueCounts {
    /// Counts the codes of some rows.
    pub fn add(&mut self, codes: &[u8], rows: &[u16]) {
        let [even, odd] = &mut self.0;
        let mut pairs = rows.chunks_exact(2);
        for pair in &mut pairs {
            even[usize::from(codes[usize::from(pair[0])] & 63)] += 1;
            odd[usize::from(codes[usize::from(pair[1])] & 63)] += 1;
        }
        for row in pairs.remainder() {
            even[usize::from(codes[usize::from(*row)] & 63)] += 1;
        }
    }
    /// How often a code occurred.
    pub fn of(&self, code: u8) -> u64 {
        let code = usize::from(code & 63);
        u64::from(self.0[0][code]) + u64::from(self.0[1][code])
    }
}

/// For each byte a word with one byte per bit, so that eight counters are added at once.
const SPREAD: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte] |= ((byte as u64 >> bit) & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Counters of the 64 bits of many words.
#[derive(Debug)]
pub(super) struct BitCounts([u64; 64]);

impl Default for BitCounts {
    fn default() -> Self {
        BitCounts([0; 64])
    }
}

impl BitCounts {
    /// Counts the bits of some rows.
    pub fn add(&mut self, words: &[u64], rows: &[u16]) {
        // A byte counts to 255.
        for few in rows.chunks(255) {
            let mut lanes = [0_u64; 8];
            for row in few {
                let bytes = words[usize::from(*row)].to_le_bytes();
                for (lane, byte) in lanes.iter_mut().zip(bytes) {
                    *lane += SPREAD[usize::from(byte)];
                }
            }
            for (lane, counts) in lanes.iter().zip(self.0.chunks_exact_mut(8)) {
                for (count, n) in counts.iter_mut().zip(lane.to_le_bytes()) {
                    *count += u64::from(n);
                }
            }
        }
    }
    /// How often each bit was set.
    pub fn counts(&self) -> &[u64; 64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_of_bits_equal_counts_one_by_one(words in prop::collection::vec(any::<u64>(), 0..700)) {
            let rows: Vec<u16> = (0..words.len() as u16).filter(|r| r % 3 != 1).collect();
            let mut counts = BitCounts::default();
            counts.add(&words, &rows);
            for bit in 0..64 {
                let expected = rows.iter().filter(|r| words[usize::from(**r)] >> bit & 1 == 1).count();
                prop_assert_eq!(counts.counts()[bit], expected as u64);
            }
        }
        #[test]
        fn counts_of_codes_equal_counts_one_by_one(codes in prop::collection::vec(0_u8..64, 0..99)) {
            let rows: Vec<u16> = (0..codes.len() as u16).collect();
            let mut counts = ValueCounts::default();
            counts.add(&codes, &rows);
            for code in 0..64 {
                prop_assert_eq!(counts.of(code), codes.iter().filter(|c| **c == code).count() as u64);
            }
        }
    }
}
