//! All forms that a type within a message may have: what fm-sdk reads off a type becomes a type that reads and writes the same.

mod generated;

use crate::{generator, messages::again, published::compare};
use fm_sdk::{
    Cx, Handled, Reply, Service, messages,
    serde::{Deserialize, Serialize, de::DeserializeOwned},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde", deny_unknown_fields)]
pub struct Part {
    r#type: String,
    size: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde", rename_all = "kebab-case")]
pub enum State {
    New,
    UsedUp { since: i64, part: Part },
    Sold(Vec<Part>),
}

messages! {
    event "form.filled" from any Filled {
        /// Whatever it is.
        any: Value,
        by_name: BTreeMap<String, Part>,
        #[serde(rename = "camelCase")]
        camel: bool,
        pair: (u16, String),
        state: State,
        maybe: Option<State>,
        #[serde(default)]
        parts: Vec<Part>,
        ratio: f64,
    }
    event "form.emptied" from ["fm-forms", "fm-x"] Emptied {}
    command "fm-forms/tidy" from "fm-forms" Tidy { all: bool }
    command "fm-forms/burn" from ["fm-forms", "fm-x"] Burn { how: String }
    call "fm-forms/count" Count { state: Option<State> } -> Vec<u32>;
    call "fm-forms/touch" from "fm-x" Touch {} -> ();
}

async fn tidy(_: Tidy, _: Cx<()>) -> Handled {
    Ok(())
}
async fn burn(_: Burn, _: Cx<()>) -> Handled {
    Ok(())
}
async fn count(_: Count, _: Cx<()>) -> Reply<Vec<u32>> {
    Ok(vec![])
}
async fn touch(_: Touch, _: Cx<()>) -> Reply<()> {
    Ok(())
}

fn document() -> Value {
    let service = Service::new("fm-forms", ()).publishes::<Filled>().publishes::<Emptied>();
    service.command(tidy).command(burn).call(count).call(touch).asyncapi()
}

#[test]
fn the_module_is_generated_from_the_document() {
    compare("tests/types/forms/generated.rs", generator::module(&document()));
}

fn same<A: Serialize + DeserializeOwned, B: Serialize + DeserializeOwned>(value: Value) {
    let ours = again::<A>(&value).unwrap();
    assert_eq!(again::<B>(&ours).unwrap(), ours);
}

#[test]
fn declared_and_generated_types_read_and_write_the_same_messages() {
    let part = json!({"type": "wheel", "size": 4});
    for state in [json!("new"), json!({"used-up": {"since": 1, "part": part}}), json!({"sold": [part]})] {
        same::<Filled, generated::Filled>(json!({
            "any": {"a": [1]}, "by_name": {"x": part}, "camelCase": true, "pair": [1, "b"], "state": state, "maybe": state, "parts": [part], "ratio": 0.5,
        }));
        same::<Count, generated::Count>(json!({"state": state}));
    }
    same::<Burn, generated::Burn>(json!({"how": "slowly"}));
}

#[test]
#[should_panic(expected = "incomplete: the type refuses every sample")]
fn a_message_whose_schema_is_incomplete_is_refused() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(crate = "fm_sdk::serde", tag = "kind")]
    enum Tagged {
        One { a: u8 },
    }
    messages! { event "form.lost" from any Lost { what: Tagged } }
    generator::module(&Service::new("fm-forms", ()).publishes::<Lost>().asyncapi());
}
