use super::{Operator, Reply};

/// A browser without scripts.
pub struct Browser {
    pub who: Operator,
    pub csrf: String,
}

impl Browser {
    pub fn of(operator: &Operator) -> Browser {
        let line = |name: &str| operator.head.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().to_owned();
        let head = format!("Cookie: {}\r\n", line("Cookie: "));
        Browser { who: Operator { address: operator.address, head }, csrf: line("X-CSRF-Token: ") }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.who.send("GET", path, "", "").await
    }

    pub async fn page(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(path, fields, &self.csrf).await
    }

    pub async fn send(&self, path: &str, fields: &[(&str, &str)], csrf: &str) -> Reply {
        let encode = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02x}")).collect() };
        let mut body = format!("csrf={csrf}");
        fields.iter().for_each(|(name, value)| body.push_str(&format!("&{}={}", encode(name), encode(value))));
        self.who.send("POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", &body).await
    }

    /// Sends the form of a page back as it is, with some fields changed.
    pub async fn submit(&self, path: &str, changes: &[(&str, &str)]) -> Reply {
        let page = self.page(path).await;
        let mark = value_of(&page, "mark");
        let mut fields = vec![("mark", mark.as_str())];
        fields.extend(changes);
        self.post(path, &fields).await
    }
}

/// The value of a hidden field.
pub fn value_of(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no field {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}
