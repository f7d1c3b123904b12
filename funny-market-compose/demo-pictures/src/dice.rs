//! Chance that comes out the same each time: a demo looks alike wherever it is started.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
pub struct Dice(u64);

impl Dice {
    /// Other throws for each pair.
    pub fn of(seed: u64, n: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n.wrapping_mul(0xD1B5_4A32_D192_ED03));
        dice.throw();
        dice
    }
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// From 0 to under 1.
    pub fn part(&mut self) -> f64 {
        (self.throw() >> 11) as f64 / (1u64 << 53) as f64
    }
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.part() * (high - low)
    }
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[(self.throw() % all.len() as u64) as usize]
    }
}
