//! As much of fm-cars as fm-image sees.

use fm_image::{
    Images,
    messages::{AttachImages, Attached, AttachedKeys, ImageRef, ImagesAttached, MayEdit, OrderImages, RemoveImage},
};
use fm_sdk::{Error, Kind, Result, testing::MockBus};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

#[derive(Default)]
struct Inner {
    cars: HashMap<String, Vec<ImageRef>>,
    stranger: bool,
    unreachable: bool,
    /// Answers are lost after it has done what it was asked.
    mute: bool,
    asked: Vec<&'static str>,
}

/// Clones are the same service.
#[derive(Clone, Default)]
pub struct FakeCars(Arc<Mutex<Inner>>);

impl FakeCars {
    pub fn with(cars: &[&str]) -> Self {
        let me = FakeCars::default();
        me.lock().cars = cars.iter().map(|id| (id.to_string(), Vec::new())).collect();
        me
    }
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
    /// Whoever asks owns no car.
    pub fn stranger(&self, yes: bool) {
        self.lock().stranger = yes;
    }
    pub fn unreachable(&self, yes: bool) {
        self.lock().unreachable = yes;
    }
    pub fn mute(&self, yes: bool) {
        self.lock().mute = yes;
    }
    pub fn remove(&self, car: &str) {
        self.lock().cars.remove(car);
    }
    pub fn keys(&self, car: &str) -> Vec<String> {
        self.lock().cars.get(car).map(|images| images.iter().map(|i| i.key.clone()).collect()).unwrap_or_default()
    }
    pub fn attach(&self, car: &str, key: &str) {
        self.lock().cars.get_mut(car).unwrap().push(ImageRef { key: key.into(), width: 1, height: 1 });
    }
    /// What was asked, in order.
    pub fn asked(&self) -> Vec<&'static str> {
        self.lock().asked.clone()
    }
    fn change(&self, what: &'static str, car: &str, f: impl FnOnce(&mut Vec<ImageRef>) -> Result<()>) -> Result<Attached> {
        let mut inner = self.lock();
        inner.asked.push(what);
        inner.check()?;
        if inner.stranger {
            return Err(Error::new(Kind::Forbidden, "not-owner", "not yours"));
        }
        let images = inner.cars.get_mut(car).ok_or_else(|| Error::not_found("car-unknown"))?;
        f(images)?;
        let images = images.clone();
        if inner.mute {
            return Err(Error::timed_out(true));
        }
        Ok(Attached { images })
    }

    /// Answers the calls of the service under test.
    pub fn answer(&self, bus: MockBus<Images>) -> MockBus<Images> {
        let me = [(); 5].map(|()| self.clone());
        let [may, attach, order, remove, attached] = me;
        bus.answer::<MayEdit>(move |m| {
            let mut inner = may.lock();
            inner.asked.push("may-edit");
            inner.check()?;
            if !inner.cars.contains_key(&m.car) {
                return Err(Error::not_found("car-unknown"));
            }
            Ok(!inner.stranger)
        })
        .answer::<AttachImages>(move |m| {
            attach.change("attach", &m.car, |images| {
                let new: Vec<_> = m.images.iter().filter(|i| !images.iter().any(|old| old.key == i.key)).cloned().collect();
                if images.len() + new.len() > 20 {
                    return Err(Error::new(Kind::Invalid, "too-many-images", "at most 20"));
                }
                images.extend(new);
                Ok(())
            })
        })
        .answer::<OrderImages>(move |m| {
            order.change("order", &m.car, |images| {
                if m.keys.len() != images.len() || !images.iter().all(|i| m.keys.contains(&i.key)) {
                    return Err(Error::field("keys", "the car's pictures, each once"));
                }
                images.sort_by_key(|i| m.keys.iter().position(|k| *k == i.key));
                Ok(())
            })
        })
        .answer::<RemoveImage>(move |m| {
            remove.change("remove", &m.car, |images| {
                images.retain(|i| i.key != m.key);
                Ok(())
            })
        })
        .answer::<ImagesAttached>(move |m| {
            let mut inner = attached.lock();
            inner.asked.push("attached");
            inner.check()?;
            let images = inner.cars.get(&m.car).ok_or_else(|| Error::not_found("car-unknown"))?;
            Ok(AttachedKeys { keys: m.keys.into_iter().filter(|k| images.iter().any(|i| i.key == *k)).collect() })
        })
    }
}

impl Inner {
    fn check(&self) -> Result<()> {
        if self.unreachable { Err(Error::new(Kind::Unroutable, "unroutable", "nobody answers")) } else { Ok(()) }
    }
}
