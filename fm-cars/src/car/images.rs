use super::{Car, CarImage, IMAGES};
use fm_sdk::{Error, Kind, Result};

impl Car {
    /// Adds pictures at the end; those that are there already stay where they are. `false` if there was nothing new.
    ///
    /// # Errors
    /// `too-many-images` (422) if there were more than 20.
    pub fn attach(&mut self, images: &[CarImage]) -> Result<bool> {
        let before = self.images.len();
        for image in images {
            if !self.images.iter().any(|i| i.key == image.key) {
                self.images.push(image.clone());
            }
        }
        if self.images.len() > IMAGES {
            self.images.truncate(before);
            return Err(Error::new(Kind::Invalid, "too-many-images", format!("a car has at most {IMAGES} pictures")));
        }
        Ok(self.images.len() > before)
    }
    /// Puts the pictures into this order.
    ///
    /// # Errors
    /// `invalid` (422) unless these are the car's pictures, each once.
    pub fn order(&mut self, keys: &[String]) -> Result<()> {
        let ordered: Vec<_> = keys.iter().filter_map(|k| self.images.iter().find(|i| i.key == *k).cloned()).collect();
        let all_once = self.images.iter().all(|i| keys.iter().filter(|k| **k == i.key).count() == 1);
        if !all_once || ordered.len() != keys.len() {
            return Err(Error::field("keys", "the car's pictures, each once"));
        }
        self.images = ordered;
        Ok(())
    }
    /// Takes a picture off; `false` if it has none of this key.
    pub fn detach(&mut self, key: &str) -> bool {
        let before = self.images.len();
        self.images.retain(|i| i.key != key);
        self.images.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::car::{CarId, CarInput, Lifetime, Limits, Status};

    fn image(n: usize) -> CarImage {
        CarImage { key: format!("k{n}"), width: 4, height: 3 }
    }
    fn car(pictures: usize) -> Car {
        let input: CarInput = serde_json::from_str(r#"{"maker":"bmw","price":1,"year":2000}"#).unwrap();
        let facts = input.check(None, Limits::at(1_780_000_000_000)).unwrap();
        let mut car = Car::new(CarId::new().to_string(), "u1", facts, Status::Listed, 0, Lifetime::default());
        car.images = (0..pictures).map(image).collect();
        car
    }
    fn keys(car: &Car) -> Vec<&str> {
        car.images.iter().map(|i| i.key.as_str()).collect()
    }

    #[test]
    fn a_picture_is_attached_once_and_the_twenty_first_is_refused() {
        let mut c = car(19);
        assert!(c.attach(&[image(0), image(19)]).unwrap());
        assert!(!c.attach(&[image(19)]).unwrap());
        assert_eq!(c.attach(&[image(20)]).unwrap_err().code(), "too-many-images");
        assert_eq!(c.images.len(), 20);
    }
    #[test]
    fn an_order_names_every_picture_once() {
        let mut c = car(3);
        for bad in [vec!["k0", "k1"], vec!["k0", "k1", "k2", "k2"], vec!["k0", "k1", "k9"], vec!["k0", "k1", "k2", "k9"], vec![]] {
            assert!(c.order(&bad.iter().map(ToString::to_string).collect::<Vec<_>>()).is_err(), "{bad:?}");
        }
        c.order(&["k2".into(), "k0".into(), "k1".into()]).unwrap();
        assert_eq!(keys(&c), ["k2", "k0", "k1"]);
        assert!(c.detach("k2") && !c.detach("k2"));
        assert_eq!(keys(&c), ["k0", "k1"]);
    }
}
