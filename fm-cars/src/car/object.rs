use serde::{
    Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

/// Turns a JSON object into a `T`.
pub(super) trait FromObject<'de>: Sized {
    fn from_object<A: MapAccess<'de>>(map: MapAccessDeserializer<A>) -> Result<Self, A::Error>;
}

/// Reads a type from a JSON object only: what serde derives would take a list of the fields' values too.
pub(super) fn read<'de, T: FromObject<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    struct Object<T>(std::marker::PhantomData<T>);
    impl<'de, T: FromObject<'de>> Visitor<'de> for Object<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::from_object(MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_map(Object(std::marker::PhantomData))
}
