use super::{Car, CarInput, Lifetime, Limits, Status};
use fm_sdk::{Error, Kind, Result};

/// What a change did, so that the right events go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// It was not listed before and is now.
    pub listed: bool,
    /// It was listed before and is a draft again.
    pub unlisted: bool,
    /// The old price, if there is a new one.
    pub price_was: Option<i64>,
    /// Anything else an ad shows.
    pub facts: bool,
}

impl Changed {
    /// Whether anything is different.
    pub fn any(self) -> bool {
        self != Changed::default()
    }
}

impl Car {
    /// Takes over the given fields.
    ///
    /// # Errors
    /// `invalid` (422) with a message per field; `car-sold` (409): what is sold stays as it was sold.
    pub fn patch(&mut self, input: &CarInput, now_ms: i64, lifetime: Lifetime) -> Result<Changed> {
        if self.status == Status::Sold {
            return Err(Error::new(Kind::Conflict, "car-sold", "a sold car cannot be changed"));
        }
        let facts = input.check(Some(&self.facts), Limits::at(now_ms))?;
        let status = input.status().unwrap_or(self.status);
        let price_was = (facts.price != self.facts.price).then_some(self.facts.price);
        let same_but_price = super::Facts { price: self.facts.price, ..facts.clone() } == self.facts;
        let changed = Changed {
            listed: status == Status::Listed && self.status != Status::Listed,
            unlisted: status != Status::Listed && self.status == Status::Listed,
            price_was,
            facts: !same_but_price,
        };
        if changed.any() || status != self.status {
            self.facts = facts;
            self.status = status;
            self.updated = now_ms;
        }
        if changed.listed {
            self.list(now_ms, lifetime);
        } else if status == Status::Draft {
            self.expires = None;
        }
        Ok(changed)
    }
    /// Marks the car as sold; `false` if it was already.
    ///
    /// # Errors
    /// `car-not-listed` (409) for a draft.
    pub fn sell(&mut self, now_ms: i64) -> Result<bool> {
        match self.status {
            Status::Sold => Ok(false),
            Status::Listed | Status::Expired => {
                self.status = Status::Sold;
                self.expires = None;
                self.updated = now_ms;
                Ok(true)
            }
            Status::Draft => Err(Error::new(Kind::Conflict, "car-not-listed", "a draft cannot be sold")),
        }
    }
    /// Puts a sold car back on the market, for the whole time of an ad; `false` if it is there.
    ///
    /// # Errors
    /// `car-not-sold` (409) for what was not sold.
    pub fn undo_sale(&mut self, now_ms: i64, lifetime: Lifetime) -> Result<bool> {
        match self.status {
            Status::Listed => Ok(false),
            Status::Sold => {
                self.list(now_ms, lifetime);
                self.updated = now_ms;
                Ok(true)
            }
            Status::Draft | Status::Expired => Err(Error::new(Kind::Conflict, "car-not-sold", "this car was not sold")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::car::CarId;

    const NOW: i64 = 1_780_000_000_000;

    fn car(status: Status) -> Car {
        let input: CarInput =
            serde_json::from_str(r#"{"maker":"bmw","model":"3er","price":9000,"year":2010,"color":"red","description":"as new"}"#).unwrap();
        let facts = input.check(None, Limits::at(NOW)).unwrap();
        Car::new(CarId::new().to_string(), "u1", facts, status, NOW, Lifetime::default())
    }
    fn patch(car: &mut Car, json: &str) -> Result<Changed> {
        car.patch(&serde_json::from_str(json).unwrap(), NOW + 1, Lifetime::default())
    }
    fn undo_sale(car: &mut Car, now_ms: i64) -> Result<bool> {
        car.undo_sale(now_ms, Lifetime::default())
    }

    #[test]
    fn omitted_fields_stay_and_null_clears_one() {
        let mut c = car(Status::Listed);
        assert_eq!(patch(&mut c, r#"{"color":null,"mileage":5}"#).unwrap(), Changed { facts: true, ..Changed::default() });
        assert_eq!((c.facts.color, c.facts.mileage, c.facts.price, c.updated), (None, Some(5), 9000, NOW + 1));
        assert_eq!(c.facts.description.as_deref(), Some("as new"));
    }
    #[test]
    fn a_new_price_has_an_event_of_its_own_and_equal_values_are_no_change() {
        let mut c = car(Status::Listed);
        assert_eq!(patch(&mut c, r#"{"price":8000}"#).unwrap(), Changed { price_was: Some(9000), ..Changed::default() });
        let before = c.clone();
        assert!(!patch(&mut c, r#"{"price":8000,"maker":"bmw","status":"listed"}"#).unwrap().any());
        assert_eq!(c, before);
    }
    #[test]
    fn listing_and_unlisting_publish_events() {
        let mut c = car(Status::Draft);
        assert!(patch(&mut c, r#"{"status":"listed"}"#).unwrap().listed);
        assert!(patch(&mut c, r#"{"status":"draft"}"#).unwrap().unlisted);
        assert_eq!(c.sell(NOW).unwrap_err().code(), "car-not-listed");
    }
    #[test]
    fn a_car_is_sold_once_and_then_stays_as_it_is() {
        let mut c = car(Status::Listed);
        assert_eq!((c.sell(NOW).unwrap(), c.sell(NOW).unwrap()), (true, false));
        assert_eq!(patch(&mut c, r#"{"price":1}"#).unwrap_err().code(), "car-sold");
    }
    #[test]
    fn a_sale_is_undone_once_and_only_a_sale() {
        let mut c = car(Status::Sold);
        assert_eq!(
            (undo_sale(&mut c, NOW + 1).unwrap(), undo_sale(&mut c, NOW + 2).unwrap(), c.status, c.updated),
            (true, false, Status::Listed, NOW + 1)
        );
        assert_eq!(undo_sale(&mut car(Status::Draft), NOW).unwrap_err().code(), "car-not-sold");
    }
    #[test]
    fn a_change_out_of_the_limits_changes_nothing() {
        let mut c = car(Status::Listed);
        let before = c.clone();
        let e = patch(&mut c, r#"{"maker":null,"price":0,"mileage":7}"#).unwrap_err();
        assert_eq!(e.fields().iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["maker", "price"]);
        assert_eq!(c, before);
    }
    #[test]
    fn a_draft_is_unknown_to_strangers_and_a_listed_car_forbidden() {
        assert_eq!(car(Status::Draft).owned_by("u2").unwrap_err().code(), "car-unknown");
        assert_eq!(car(Status::Listed).owned_by("u2").unwrap_err().code(), "not-owner");
        assert!(car(Status::Draft).owned_by("u1").is_ok());
    }
    #[test]
    fn a_car_round_trips_through_the_store() {
        let c = car(Status::Sold);
        assert_eq!(serde_json::from_value::<Car>(serde_json::to_value(&c).unwrap()).unwrap(), c);
    }
}
