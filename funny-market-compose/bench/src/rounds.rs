//! Repeating: what is compared runs in turn, in another order each round, so that a disturbance hits all alike.

use rand::seq::SliceRandom;

/// The order of contenders in each round.
pub fn shuffled(contenders: usize, rounds: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..rounds).map(move |_| {
        let mut order: Vec<usize> = (0..contenders).collect();
        order.shuffle(&mut rand::rng());
        order
    })
}

/// The value in the middle; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this share of all lies (nearest rank); 0 of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_value_of_nearest_rank() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!((median(&values), quantile(&values, 0.99), quantile(&values, 1.0)), (50.0, 99.0, 100.0));
        assert_eq!((median(&[7.0]), quantile(&[7.0], 0.99), median(&[])), (7.0, 7.0, 0.0));
    }

    #[test]
    fn each_round_has_everybody_once() {
        for mut order in shuffled(5, 20) {
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3, 4]);
        }
    }
}
