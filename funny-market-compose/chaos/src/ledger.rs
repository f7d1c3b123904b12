//! What the market has acknowledged: the truth that everything is compared with afterwards.

/// One seller and everything that was done in their name.
#[derive(Clone, Debug, Default)]
pub struct Seller {
    pub id: String,
    pub username: String,
    pub password: String,
    pub account: Account,
    pub cars: Vec<Car>,
}

/// Whether the account is still there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Account {
    #[default]
    Open,
    /// The deletion was acknowledged, with this address of its state.
    Deleted(String),
    /// Nobody answered the deletion: it may have happened.
    Unsure,
}

/// One car, by the key under which it was created.
#[derive(Clone, Debug, Default)]
pub struct Car {
    /// The Idempotency-Key; also the car's description, so that every copy of it can be told.
    pub key: String,
    /// `None`: nobody answered the creation.
    pub id: Option<String>,
    /// RFC 3339, as the creation's answer said.
    pub added: String,
    /// Every acknowledged price, the first one too, in order.
    pub prices: Vec<i64>,
    pub fate: Fate,
    /// Keys of the acknowledged pictures.
    pub pictures: Vec<String>,
    /// The one change that nobody answered; nothing was asked of this car afterwards.
    pub unsure: Option<Unsure>,
}

/// Where a car is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Listed,
    Sold,
    Removed,
}

/// A change that may have happened or not, but not half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsure {
    Creation,
    Price(i64),
    Sale,
    Removal,
    Picture,
}

impl Car {
    /// Something can still be asked of it.
    pub fn is_open(&self) -> bool {
        self.unsure.is_none() && self.fate == Fate::Listed
    }
}
