use serde_json::Value;

/// What came back: any status is an answer, only a lost connection is an error.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages of failed assertions.
    pub question: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads the body as JSON; `null` where it is none, so that a chain of `[..]` ends in a failed comparison.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Reads a text out of a JSON object, empty where there is none.
    pub fn field(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        self.status >= 500 || matches!(self.status, 408 | 429)
    }

    /// Returns the answer, or an error that shows question, status and body when it has another status.
    ///
    /// # Errors
    /// Another status.
    pub fn require(self, status: u16) -> crate::Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        Err(format!("{} answered {}: {}", self.question, self.status, self.text()).into())
    }

    /// Returns the answer when it has this status.
    ///
    /// # Panics
    /// When it has another one; the message shows question, status and body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}: {}", self.question, self.status, self.text());
        self
    }

    /// Returns the answer when it is a problem (RFC 9457) with this status and code.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/problem+json"), "{} answered with {kind:?}: {}", answer.question, answer.text());
        assert_eq!(answer.json()["code"], code, "{}: {}", answer.question, answer.text());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    fn answer(status: u16, kind: &str, body: &str) -> Answer {
        Answer { question: "GET /".into(), status, headers: vec![("Content-Type".into(), kind.into())], body: body.into() }
    }

    #[test]
    fn a_problem_is_told_by_status_type_and_code() {
        let problem = answer(404, "application/problem+json", r#"{"code":"car-unknown"}"#);
        problem.expect_problem(404, "car-unknown");
    }

    #[test]
    #[should_panic(expected = "answered with")]
    fn plain_json_is_no_problem() {
        answer(404, "application/json", r#"{"code":"car-unknown"}"#).expect_problem(404, "car-unknown");
    }

    #[test]
    #[should_panic(expected = "GET / answered 500: broken")]
    fn another_status_shows_the_body() {
        answer(500, "text/plain", "broken").expect(200);
    }

    #[test]
    fn a_body_that_is_no_json_is_read_as_null() {
        assert!(answer(200, "text/html", "<p>").json()["items"][0].is_null());
    }
}
