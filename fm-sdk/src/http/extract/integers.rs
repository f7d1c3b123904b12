//! Integers as JSON has them: `5000.0` and `5e3` are the number 5000 (RFC 8259, section 6; JSON Schema 2020-12, section 6.1.1 of the
//! validation vocabulary: an integer is a number with a zero fractional part). serde alone takes only `5000`.

use serde::de::{Error, Visitor};
use std::fmt;

/// Up to here, 2^50, a double that was read with an error in its last bits is no integer. Further on it could be another one.
const EXACT: f64 = 1_125_899_906_842_624.0;

/// Lets a visitor of integers also see the integral numbers that were written with a fraction or an exponent.
pub(super) struct Integral<V>(pub V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Integral<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.0.visit_i64(value)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }
    fn visit_i128<E: Error>(self, value: i128) -> Result<V::Value, E> {
        self.0.visit_i128(value)
    }
    fn visit_u128<E: Error>(self, value: u128) -> Result<V::Value, E> {
        self.0.visit_u128(value)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        if value.fract() != 0.0 {
            return Err(E::custom("must be a whole number"));
        }
        if value.abs() >= EXACT {
            return Err(E::custom("is too large for a number with a fraction or an exponent"));
        }
        if value < 0.0 { self.0.visit_i64(value as i64) } else { self.0.visit_u64(value as u64) }
    }
}
