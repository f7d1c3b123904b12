use serde::Serialize;
use serde_json::Value;
use std::marker::PhantomData;

/// A condition as drivers see it. A missing value equals nothing, differs from everything and lies in no range.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The field has this value.
    Eq(&'static str, Value),
    /// The field has another value or none.
    Ne(&'static str, Value),
    /// The field has one of these values.
    OneOf(&'static str, Vec<Value>),
    /// The field lies in this range, both ends included.
    Between(&'static str, Option<Value>, Option<Value>),
    /// The field is there, or is not.
    Exists(&'static str, bool),
    /// The field is a list that contains this value.
    Contains(&'static str, Value),
    /// All hold.
    And(Vec<Test>),
    /// One holds.
    Or(Vec<Test>),
}

/// A field of a document of type `D` that compares with `V`.
pub struct Field<D, V> {
    pub(crate) path: &'static str,
    p: PhantomData<fn(D) -> V>,
}
impl<D, V> Clone for Field<D, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D, V> Copy for Field<D, V> {}

/// A condition on documents of type `D`; `&` and `|` combine.
pub struct Filter<D> {
    pub(crate) test: Test,
    p: PhantomData<fn(D)>,
}
impl<D> Clone for Filter<D> {
    fn clone(&self) -> Self {
        Filter::of(self.test.clone())
    }
}

/// `T`, `Option<T>` and `Vec<T>` may be compared with `T`.
#[diagnostic::on_unimplemented(message = "the field is declared as `{V}` in `document!` but is a `{Self}`")]
pub trait FieldOf<V> {}
impl<V> FieldOf<V> for V {}
impl<V> FieldOf<V> for Option<V> {}
impl<V> FieldOf<V> for Vec<V> {}

/// What may stand for a `V`: itself, a reference, `&str` for `String`.
pub trait Arg<V> {
    /// As JSON.
    fn value(self) -> Value;
}
impl<V: Serialize> Arg<V> for V {
    fn value(self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}
impl<V: Serialize> Arg<V> for &V {
    fn value(self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}
impl Arg<String> for &str {
    fn value(self) -> Value {
        self.into()
    }
}

impl<D, V: Serialize> Field<D, V> {
    /// Names a field; [`crate::document!`] does it.
    #[doc(hidden)]
    pub const fn new(path: &'static str) -> Self {
        Field { path, p: PhantomData }
    }
    /// Has this value.
    pub fn eq(self, v: impl Arg<V>) -> Filter<D> {
        Filter::of(Test::Eq(self.path, v.value()))
    }
    /// Has another value or none.
    pub fn ne(self, v: impl Arg<V>) -> Filter<D> {
        Filter::of(Test::Ne(self.path, v.value()))
    }
    /// Has one of these values; none given = fits nothing.
    pub fn one_of<A: Arg<V>>(self, v: impl IntoIterator<Item = A>) -> Filter<D> {
        Filter::of(Test::OneOf(self.path, v.into_iter().map(Arg::value).collect()))
    }
    /// Lies in this range, both ends included; both open = fits everything.
    pub fn between(self, from: Option<V>, to: Option<V>) -> Filter<D> {
        Filter::of(Test::Between(self.path, from.map(Arg::value), to.map(Arg::value)))
    }
    /// Is there, or is not.
    pub fn exists(self, yes: bool) -> Filter<D> {
        Filter::of(Test::Exists(self.path, yes))
    }
    /// Is a list that contains this value.
    pub fn contains(self, v: impl Arg<V>) -> Filter<D> {
        Filter::of(Test::Contains(self.path, v.value()))
    }
}
impl<D> Filter<D> {
    fn of(test: Test) -> Self {
        Filter { test, p: PhantomData }
    }
}
impl<D> std::ops::BitAnd for Filter<D> {
    type Output = Self;
    fn bitand(self, o: Self) -> Self {
        Filter::of(Test::And(vec![self.test, o.test]))
    }
}
impl<D> std::ops::BitOr for Filter<D> {
    type Output = Self;
    fn bitor(self, o: Self) -> Self {
        Filter::of(Test::Or(vec![self.test, o.test]))
    }
}
