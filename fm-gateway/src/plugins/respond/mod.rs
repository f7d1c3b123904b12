//! Answers by itself: a fixed text, or a problem.

use crate::pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step, Text};
use fm_sdk::{Error, Kind};
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub struct Respond;

#[derive(Deserialize)]
struct Settings {
    status: u16,
    content_type: String,
    body: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    problem: Option<Code>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
    detail: String,
}

struct Fixed {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Text,
    problem: Option<Error>,
}

impl Plugin for Respond {
    fn name(&self) -> &'static str {
        "respond"
    }

    fn about(&self) -> &'static str {
        "Answers with a fixed text or problem"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "status": {"type": "integer", "minimum": 200, "maximum": 599, "default": 200, "title": "Status"},
                "content_type": {"type": "string", "default": "text/plain; charset=utf-8", "title": "Content type"},
                "body": {"type": "string", "default": "", "title": "Body", "description": "May use ${variables}"},
                "headers": {"type": "object", "default": {}, "title": "Headers"},
                "problem": {
                    "type": "object", "additionalProperties": false, "required": ["code", "detail"], "title": "Problem",
                    "description": "Answers with problem+json instead of a body",
                    "properties": {"code": {"type": "string", "minLength": 1}, "detail": {"type": "string"}}
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn answers(&self) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        let status = StatusCode::from_u16(settings.status).map_err(|e| e.to_string())?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| format!("{text:?} is no header's value"));
        let mut headers = vec![(CONTENT_TYPE, value(&settings.content_type)?)];
        for (name, text) in &settings.headers {
            let name = super::header_name(name)?;
            headers.push((name, value(text)?));
        }
        let problem = settings.problem.map(|p| Error::new(Kind::Malformed, p.code, p.detail));
        Ok(Box::new(Fixed { status, headers, body: Text::parse(&settings.body)?, problem }))
    }
}

impl Step for Fixed {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        if let Some(error) = &self.problem {
            let mut answer = Answer::problem_as(self.status, error, &exchange.trace);
            for (name, value) in &self.headers[1..] {
                answer.headers.insert(name.clone(), value.clone());
            }
            return Flow::answer(answer);
        }
        let body = self.body.render(exchange).into_owned();
        let mut answer = Answer::new(self.status, "text/plain", body);
        for (name, value) in &self.headers {
            answer.headers.insert(name.clone(), value.clone());
        }
        Flow::answer(answer)
    }
}
