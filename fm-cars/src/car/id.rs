use std::fmt;
use uuid::Uuid;

/// The id of a car: a UUID (RFC 9562), 16 bytes in memory and 32 lower case hexadecimal digits everywhere else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CarId(u128);

impl CarId {
    /// A new one; later ones are greater.
    pub fn new() -> Self {
        CarId(Uuid::now_v7().as_u128())
    }
    /// Reads that one form only, so that one car has one name.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok()?;
        (id.simple().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(CarId(id.as_u128()))
    }
    /// The 128 bits.
    pub fn bits(self) -> u128 {
        self.0
    }
    /// From 128 bits.
    pub fn of_bits(bits: u128) -> Self {
        CarId(bits)
    }
}

impl Default for CarId {
    fn default() -> Self {
        CarId::new()
    }
}
impl fmt::Display for CarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_u128(self.0).simple().fmt(f)
    }
}
impl fmt::Debug for CarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_written_form() {
        let id = CarId::new();
        assert_eq!(CarId::parse(&id.to_string()), Some(id));
        for bad in ["", "1", &id.to_string().to_uppercase(), &Uuid::from_u128(id.bits()).to_string(), &format!("{{{id}}}")] {
            assert_eq!(CarId::parse(bad), None, "{bad}");
        }
    }
}
