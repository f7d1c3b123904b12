//! Conditions and orders as SQL.

use crate::{
    Result,
    store::{Query, Test, body},
};
use rusqlite::types::Value as Sql;
use serde_json::Value;
use std::fmt::Write as _;

/// The value of a field. Indexes are made on exactly this text, otherwise SQLite does not use them.
pub(super) fn value_of(field: &str) -> String {
    format!("json_extract(d, '$.{field}')")
}

/// A condition and the values it is bound to.
#[derive(Default)]
pub(super) struct Where {
    pub(super) sql: String,
    pub(super) args: Vec<Sql>,
}

impl Where {
    /// The documents that are there and fit.
    pub(super) fn of(query: &Query) -> Result<Self> {
        let mut w = Where { sql: "d is not null".into(), args: vec![] };
        if let Some(test) = &query.test {
            test.check()?;
            let test = w.test(test);
            w.sql = format!("d is not null and {test}");
        }
        Ok(w)
    }
    /// Adds what of the query is not a condition: start, order, page.
    pub(super) fn page(mut self, query: &Query) -> Result<Self> {
        if let Some(id) = &query.after_id {
            let id = self.bind(Sql::Text(id.clone()));
            self.sql.push_str(&format!(" and id > {id}"));
        }
        self.sql.push_str(" order by ");
        for (field, down) in &query.sort {
            body::field_name(field)?;
            // SQLite puts NULL first upwards and last downwards, as MongoDB does with missing values
            let _ = write!(self.sql, "{} {}, ", value_of(field), if *down { "desc" } else { "asc" });
        }
        self.sql.push_str("id");
        let limit = query.limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let (limit, skip) = (self.bind(limit.into()), self.bind(i64::try_from(query.skip).unwrap_or(i64::MAX).into()));
        let _ = write!(self.sql, " limit {limit} offset {skip}");
        Ok(self)
    }
    fn bind(&mut self, value: Sql) -> String {
        self.args.push(value);
        format!("?{}", self.args.len())
    }
    fn bind_json(&mut self, value: &Value) -> String {
        self.bind(match value {
            Value::Null => Sql::Null,
            Value::Bool(b) => Sql::Integer((*b).into()),
            Value::Number(n) => n.as_i64().map_or_else(|| Sql::Real(n.as_f64().unwrap_or(f64::NAN)), Sql::Integer),
            Value::String(s) => Sql::Text(s.clone()),
            Value::Array(_) | Value::Object(_) => Sql::Text(value.to_string()),
        })
    }
    /// A value that is `null` stands for a missing one, which equals nothing: comparing with it is decided here.
    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::Eq(_, Value::Null) | Test::Contains(_, Value::Null) => "0".into(),
            Test::Ne(_, Value::Null) => "1".into(),
            Test::Between(_, from, to) if [from, to].contains(&&Some(Value::Null)) => "0".into(),
            Test::Eq(path, v) => format!("{} = {}", value_of(path), self.bind_json(v)),
            Test::Ne(path, v) => format!("{} is not {}", value_of(path), self.bind_json(v)),
            Test::OneOf(path, list) => {
                let list: Vec<_> = list.iter().filter(|v| !v.is_null()).map(|v| self.bind_json(v)).collect();
                format!("{} in ({})", value_of(path), list.join(", "))
            }
            Test::Between(path, from, to) => {
                let mut parts = vec!["1".to_string()];
                parts.extend(from.iter().map(|v| format!("{} >= {}", value_of(path), self.bind_json(v))));
                parts.extend(to.iter().map(|v| format!("{} <= {}", value_of(path), self.bind_json(v))));
                format!("({})", parts.join(" and "))
            }
            Test::Exists(path, yes) => format!("{} is {}null", value_of(path), if *yes { "not " } else { "" }),
            Test::Contains(path, v) => {
                let v = self.bind_json(v);
                format!("(json_type(d, '$.{path}') = 'array' and exists (select 1 from json_each(d, '$.{path}') where value = {v}))")
            }
            Test::And(list) => self.join(list, " and ", "1"),
            Test::Or(list) => self.join(list, " or ", "0"),
        }
    }
    fn join(&mut self, list: &[Test], word: &str, empty: &str) -> String {
        let list: Vec<_> = list.iter().map(|t| self.test(t)).collect();
        if list.is_empty() { empty.into() } else { format!("({})", list.join(word)) }
    }
}
