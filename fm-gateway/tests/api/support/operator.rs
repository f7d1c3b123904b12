use super::{Client, Reply, TestApp, until};
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path};

/// Somebody at the operators' port: with a session, with a token, or with neither.
#[derive(Clone)]
pub struct Operator {
    pub address: SocketAddr,
    /// Lines of the head that say who it is.
    pub head: String,
}

pub const PASSWORD: &str = "correct horse battery";

impl Operator {
    pub fn nobody(app: &TestApp) -> Operator {
        Operator { address: app.admin, head: String::new() }
    }

    pub fn with_token(app: &TestApp, token: &str) -> Operator {
        Operator { address: app.admin, head: format!("Authorization: Bearer {token}\r\n") }
    }

    /// The first user, with the one-time password.
    pub async fn first(app: &TestApp) -> Operator {
        Operator::sign_in(app, "admin", &one_time_password(app).await).await
    }

    /// The first user, with the password changed.
    pub async fn admin(app: &TestApp) -> Operator {
        Operator::admin_at(app.admin, app.data.path()).await
    }

    /// The same of a gateway with this address and data folder.
    pub async fn admin_at(address: SocketAddr, data: &Path) -> Operator {
        let first = one_time_password_in(data).await;
        let admin = Operator::sign_in_at(address, "admin", &first).await;
        admin.change_password(&first).await
    }

    /// A user of this role, created by an administrator.
    pub async fn user(app: &TestApp, admin: &Operator, name: &str, role: &str) -> Operator {
        let created = admin.json("POST", "/users", json!({"name": name, "role": role})).await;
        assert_eq!(created.status, 201, "{}", created.text());
        let first = created.json()["password"].as_str().unwrap().to_owned();
        Operator::sign_in(app, name, &first).await.change_password(&first).await
    }

    /// A program with a token of this role.
    pub async fn program(app: &TestApp, admin: &Operator, role: &str) -> Operator {
        let created = admin.json("POST", "/tokens", json!({"name": "pipeline", "role": role, "days": 1})).await;
        assert_eq!(created.status, 201, "{}", created.text());
        Operator::with_token(app, created.json()["token"].as_str().unwrap())
    }

    pub async fn sign_in(app: &TestApp, name: &str, password: &str) -> Operator {
        Operator::sign_in_at(app.admin, name, password).await
    }

    async fn sign_in_at(address: SocketAddr, name: &str, password: &str) -> Operator {
        let nobody = Operator { address, head: String::new() };
        let reply = nobody.json("POST", "/session", json!({"name": name, "password": password})).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        nobody.known_by(&reply)
    }

    async fn change_password(&self, old: &str) -> Operator {
        let reply = self.json("PUT", "/session/password", json!({"old": old, "new": PASSWORD})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        self.known_by(&reply)
    }

    /// With the cookie and the form token that an answer gives.
    fn known_by(&self, reply: &Reply) -> Operator {
        let token = reply.json()["csrf"].as_str().unwrap().to_owned();
        let mut known = self.with_cookie_of(reply);
        known.head.push_str(&format!("X-CSRF-Token: {token}\r\n"));
        known
    }

    /// With the cookie only, as a browser has it.
    pub fn with_cookie_of(&self, reply: &Reply) -> Operator {
        let head = String::from_utf8_lossy(&reply.raw_head).into_owned();
        let cookie = head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap().split(';').next().unwrap().to_owned();
        Operator { address: self.address, head: format!("Cookie: {cookie}\r\n") }
    }

    /// A call of the Admin API.
    pub async fn json(&self, method: &str, path: &str, body: Value) -> Reply {
        self.json_with(method, path, "", body).await
    }

    /// A call that changes this revision of the table.
    pub async fn json_at(&self, method: &str, path: &str, revision: i64, body: Value) -> Reply {
        self.json_with(method, path, &format!("If-Match: \"{revision}\"\r\n"), body).await
    }

    pub async fn json_with(&self, method: &str, path: &str, head: &str, body: Value) -> Reply {
        let head = format!("{head}Content-Type: application/json\r\n");
        self.send(method, &format!("/admin/api{path}"), &head, &body.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", &format!("/admin/api{path}"), "", "").await
    }

    pub async fn send(&self, method: &str, path: &str, head: &str, body: &str) -> Reply {
        let mut client = Client::connect(self.address).await;
        let length = body.len();
        let own = &self.head;
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n{own}{head}\r\n{body}", self.address);
        client.ask(&request).await
    }
}

/// What lies in the data folder after the first start.
pub async fn one_time_password(app: &TestApp) -> String {
    one_time_password_in(app.data.path()).await
}

async fn one_time_password_in(data: &Path) -> String {
    let path = data.join("admin-password");
    until("the first user is created", || path.exists()).await;
    std::fs::read_to_string(path).unwrap().trim().to_owned()
}
