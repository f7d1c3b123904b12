//! One call of the Admin API: its address, who may make it, what it takes and does.

use crate::admin::{Access, Ask, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use futures::future::LocalBoxFuture;
use serde_json::Value;

/// What the router, the check of roles, the OpenAPI document and the tests know of a call. There is no other way to add one.
pub struct Call {
    pub method: &'static str,
    /// Below `/admin/api`, with `{names}`.
    pub path: &'static str,
    pub access: Access,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The JSON Schema of its body.
    pub body: Option<fn() -> Value>,
    /// Needs the revision of the table in `If-Match`.
    pub conditional: bool,
    /// Names and meanings of parameters of the query.
    pub query: &'static [(&'static str, &'static str)],
    pub run: fn(Ask) -> LocalBoxFuture<'static, Result<HttpResponse>>,
}

type Run = fn(Ask) -> LocalBoxFuture<'static, Result<HttpResponse>>;

impl Call {
    const fn new(method: &'static str, path: &'static str, access: Access, about: &'static str, run: Run) -> Call {
        Call { method, path, access, about, body: None, conditional: false, query: &[], run }
    }
    /// A call that reads.
    pub const fn get(path: &'static str, role: Role, about: &'static str, run: Run) -> Call {
        Call::new("GET", path, Access::Role(role), about, run)
    }
    /// A call that does something else than the other methods say.
    pub const fn post(path: &'static str, role: Role, about: &'static str, run: Run) -> Call {
        Call::new("POST", path, Access::Role(role), about, run)
    }
    /// A call that replaces.
    pub const fn put(path: &'static str, role: Role, about: &'static str, run: Run) -> Call {
        Call::new("PUT", path, Access::Role(role), about, run)
    }
    /// A call that changes a part.
    pub const fn patch(path: &'static str, role: Role, about: &'static str, run: Run) -> Call {
        Call::new("PATCH", path, Access::Role(role), about, run)
    }
    /// A call that removes.
    pub const fn delete(path: &'static str, role: Role, about: &'static str, run: Run) -> Call {
        Call::new("DELETE", path, Access::Role(role), about, run)
    }
    /// For others than those with a role.
    pub const fn open_to(self, access: Access) -> Call {
        Call { access, ..self }
    }
    /// Takes a body.
    pub const fn with_body(self, schema: fn() -> Value) -> Call {
        Call { body: Some(schema), ..self }
    }
    /// Needs `If-Match`.
    pub const fn conditional(self) -> Call {
        Call { conditional: true, ..self }
    }
    /// Takes parameters in the query.
    pub const fn with_query(self, query: &'static [(&'static str, &'static str)]) -> Call {
        Call { query, ..self }
    }
}
