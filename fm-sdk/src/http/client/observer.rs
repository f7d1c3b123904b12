//! Shows a test what is asked, and what is read of the answers.

use super::{Request, Response};
use serde::de::DeserializeOwned;
use serde_ignored::Path;
use serde_json::Value;
use std::{
    any::type_name,
    cell::{Cell, RefCell},
    rc::Rc,
};
use tokio::{sync::Notify, task::yield_now};

/// What a type makes of a JSON value: the value without what is ignored; none if it cannot be read.
pub(crate) type Read<'a> = &'a dyn Fn(&Value) -> Option<Value>;

/// Is shown each answer that came to this thread.
pub(crate) trait Observer {
    /// An answer has come.
    fn answered(&self, answer: &Response);
    /// A type reads the body of an answer.
    fn read(&self, answer: &Response, reader: &'static str, read: Read);
}

thread_local! {
    static OBSERVER: RefCell<Option<Rc<dyn Observer>>> = const { RefCell::new(None) };
    static UNANSWERED: Rc<Unanswered> = Rc::default();
}

/// Requests of this thread that wait for their answers.
#[derive(Default)]
struct Unanswered {
    count: Cell<usize>,
    none: Notify,
}

/// One of them, until it is dropped.
pub(super) struct Waiting(Rc<Unanswered>);

pub(super) fn waiting() -> Waiting {
    let all = UNANSWERED.with(Rc::clone);
    all.count.update(|n| n + 1);
    Waiting(all)
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.count.update(|n| n - 1);
        if self.0.count.get() == 0 {
            self.0.none.notify_one();
        }
    }
}

/// Returns when all requests of this thread are answered, those of tasks too that were spawned just now.
pub(crate) async fn all_answered() {
    yield_now().await;
    let all = UNANSWERED.with(Rc::clone);
    while all.count.get() > 0 {
        all.none.notified().await;
    }
}

/// Shows everything that follows on this thread to this observer, and no longer to the one before.
pub(crate) fn observe(observer: Option<Rc<dyn Observer>>) {
    OBSERVER.set(observer);
}

fn observer() -> Option<Rc<dyn Observer>> {
    OBSERVER.with_borrow(Clone::clone)
}

/// A copy of the request, if an observer is set.
pub(super) fn asked(request: &Request) -> Option<Box<Request>> {
    observer().map(|_| Box::new(request.clone()))
}

pub(super) fn answered(answer: &Response) {
    if let Some(observer) = observer() {
        observer.answered(answer);
    }
}

pub(super) fn read<T: DeserializeOwned>(answer: &Response) {
    if let Some(observer) = observer() {
        observer.read(answer, type_name::<T>(), &read_by::<T>);
    }
}

/// Reads the value itself, as text would have to be made of it for each of the many that are tried. What only text has, `RawValue`, cannot be
/// read from it.
fn read_by<T: DeserializeOwned>(body: &Value) -> Option<Value> {
    let mut ignored = Vec::new();
    serde_ignored::deserialize::<_, _, T>(body, |path| ignored.push(pointer(&path))).ok()?;
    let mut read = body.clone();
    for place in ignored {
        remove(&mut read, &place);
    }
    Some(read)
}

/// The names and numbers that lead to a place.
fn pointer(path: &Path) -> Vec<String> {
    let (parent, step) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => (parent, None),
    };
    pointer(parent).into_iter().chain(step).collect()
}

/// Takes a field away; an element of an array stays, so that the others keep their places.
fn remove(value: &mut Value, place: &[String]) {
    match (place, value) {
        ([name], Value::Object(fields)) => drop(fields.remove(name)),
        ([name, below @ ..], Value::Object(fields)) => fields.get_mut(name).into_iter().for_each(|field| remove(field, below)),
        ([index, below @ ..], Value::Array(elements)) if !below.is_empty() => {
            let element = index.parse::<usize>().ok().and_then(|i| elements.get_mut(i));
            element.into_iter().for_each(|element| remove(element, below));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Owner {
        #[expect(dead_code, reason = "only read")]
        name: Option<String>,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Car {
        id: String,
        owners: Vec<Owner>,
        seller: Option<Owner>,
    }

    #[test]
    fn fields_that_a_type_ignores_are_removed() {
        let body = json!({
            "id": "c7", "wheels": 4, "owners": [{"name": "ann", "age": 7}, {"name": null}], "seller": {"name": "ben", "age": 8, "a.b": 1},
        });
        let read = json!({"id": "c7", "owners": [{"name": "ann"}, {"name": null}], "seller": {"name": "ben"}});
        assert_eq!(read_by::<Car>(&body), Some(read));
        assert_eq!(read_by::<Car>(&json!({"id": 7})), None);
        assert_eq!(read_by::<Value>(&body), Some(body));
    }
}
