use serde::{Serialize, de::DeserializeOwned};

/// A kind of document, kept in a collection of its own. Declared with [`crate::document!`].
pub trait Document: Serialize + DeserializeOwned + Clone + 'static {
    /// The collection's name: lower case, digits, underscores.
    const COLLECTION: &'static str;
    /// The fields that may be searched and sorted by.
    const FIELDS: &'static [&'static str];
    /// The indexes.
    const INDEXES: &'static [Index];
    /// The unique id.
    fn id(&self) -> &str;
}

/// One index on one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// The field.
    pub field: &'static str,
    /// No two documents may have the same value; any number may have none.
    pub unique: bool,
}

/// A collection and its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The collection.
    pub collection: &'static str,
    /// Its indexes.
    pub indexes: &'static [Index],
}

/// Declares a serde type with an `id: String` (or any `AsRef<str>`) as a document, and its searchable fields as typed constants.
///
/// ```
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Car { id: String, owner: String, price: i64, vin: Option<String> }
/// fm_sdk::document!(Car = "cars" { owner: String [index], price: i64, vin: String [unique] });
/// let mine = Car::owner.eq("u1") & Car::price.between(Some(1), Some(9_000));
/// # let _ = mine;
/// ```
#[macro_export]
macro_rules! document {
    ($t:ty = $c:literal { $($f:ident : $ft:ty $([$k:ident])?),* $(,)? }) => {
        impl $crate::store::Document for $t {
            const COLLECTION: &'static str = $c;
            const FIELDS: &'static [&'static str] = &[$(stringify!($f)),*];
            const INDEXES: &'static [$crate::store::Index] = &[$($($crate::store::Index { field: stringify!($f), unique: $crate::document!(@ $k) },)?)*];
            fn id(&self) -> &str { ::core::convert::AsRef::<str>::as_ref(&self.id) }
        }
        #[allow(non_upper_case_globals, missing_docs)]
        impl $t { $(pub const $f: $crate::store::Field<$t, $ft> = $crate::store::Field::new(stringify!($f));)* }
        const _: () = { #[allow(unused)] fn typed(d: &$t) { fn is<V, F: $crate::store::FieldOf<V>>(_: &F) {} $(is::<$ft, _>(&d.$f);)* } };
    };
    (@ unique) => { true };
    (@ index) => { false };
}
