//! Messages of fm-forms, generated from `schemas/fm-forms.json`: edit neither.

use fm_sdk::serde::{Deserialize, Serialize};

fm_sdk::messages! {
    event "form.emptied" from ["fm-forms", "fm-x"] Emptied {
    }
    event "form.filled" from any Filled {
        #[doc = "Whatever it is."]
        any: fm_sdk::serde_json::Value,
        by_name: ::std::collections::BTreeMap<String, Part>,
        #[serde(rename = "camelCase")]
        camel_case: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        maybe: Option<State>,
        pair: (u16,String),
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Part>,
        ratio: f64,
        state: State,
    }
    command "fm-forms/burn" from ["fm-forms", "fm-x"] Burn {
        how: String,
    }
    call "fm-forms/count" Count {
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<State>,
    } -> Vec<u32>;
    call "fm-forms/touch" from "fm-x" Touch {
    } -> ();
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u8>,
    #[serde(rename = "type")]
    pub type_: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub enum State {
    #[serde(rename = "new")]
    New,
    #[serde(rename = "used-up")]
    UsedUp { part: Part, since: i64 },
    #[serde(rename = "sold")]
    Sold(Vec<Part>),
}
