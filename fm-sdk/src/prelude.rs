//! What nearly every file of a service needs: `use fm_sdk::prelude::*;`.
//!
//! ```
//! use fm_sdk::prelude::*;
//!
//! messages! { event "user.joined" from "fm-users" Joined { name: String }  event "user.welcomed" from "fm-greeter" Welcomed { name: String } }
//!
//! async fn welcome(m: Joined, cx: Cx<()>) -> Handled {
//!     cx.publish(Welcomed { name: m.name })
//! }
//! fn greeter() -> Service<()> {
//!     Service::new("fm-greeter", ()).on(welcome)
//! }
//! # assert_eq!(greeter().name(), "fm-greeter");
//! ```

pub use crate::{
    Batch, BatchCx, Bus, Call, Command, Cx, Doc, Error, Event, Handled, HandlerOptions, Identity, Kind, Out, Reply, Result, ResultExt,
    Service, Work, document, messages, reject,
};
