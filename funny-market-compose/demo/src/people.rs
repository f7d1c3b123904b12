use market::{Caller, Person, Result, sign_up_request};
use serde_json::{Value, json};

/// Private sellers.
pub const PEOPLE: [&str; 3] = ["anna", "ben", "clara"];
/// A seller with the role `dealer`.
pub const DEALER: &str = "autohaus";

/// What the demo's people sign in with.
#[derive(Clone, Debug, clap::Args)]
pub struct Secrets {
    /// Password of the demo's people
    #[arg(long, env = "FM_DEMO_PASSWORD", hide_env_values = true)]
    password: String,
    /// E-mail address of the administrator, who makes a dealer of one of them
    #[arg(long, env = "FM_DEMO_ADMIN_EMAIL")]
    admin_email: String,
    /// Password of the administrator
    #[arg(long, env = "FM_DEMO_ADMIN_PASSWORD", hide_env_values = true)]
    admin_password: String,
}

/// The demo's people, signed in.
pub struct People {
    pub private: Vec<Person>,
    pub dealer: Person,
}

impl People {
    /// Signs up whoever has no account yet, signs all of them in, and shows buyers who they are.
    ///
    /// # Errors
    /// The market refuses one of them: somebody else has the name, or the administrator's password is wrong.
    pub fn sign_in(gateway: &Caller, secrets: &Secrets) -> Result<Self> {
        let private = PEOPLE.iter().map(|name| sign_in(gateway, name, &secrets.password)).collect::<Result<_>>()?;
        let people = Self { private, dealer: dealer(gateway, secrets)? };
        for person in people.private.iter().chain([&people.dealer]) {
            let profile = profile(&person.username).to_string();
            person.http.try_send("PATCH", "/api/me/profile", Some(("application/json", profile.as_bytes())))?.require(200)?;
        }
        Ok(people)
    }

    /// The seller of the `n`th car: two of three belong to the dealer.
    pub fn seller(&self, n: usize) -> &Person {
        if n.is_multiple_of(3) { &self.private[n / 3 % self.private.len()] } else { &self.dealer }
    }
}

fn sign_in(gateway: &Caller, username: &str, password: &str) -> Result<Person> {
    let answer = gateway.call(&sign_up_request(username, password))?;
    if answer.status != 409 {
        answer.require(201)?;
    }
    Person::log_in(gateway, username, password)
}

/// Scopes are derived at sign-in, so a new dealer signs in once more.
fn dealer(gateway: &Caller, secrets: &Secrets) -> Result<Person> {
    let dealer = sign_in(gateway, DEALER, &secrets.password)?;
    let profile = dealer.http.try_send("GET", "/api/me", None)?.require(200)?.json();
    if profile["roles"].as_array().is_some_and(|roles| roles.contains(&json!("dealer"))) {
        return Ok(dealer);
    }
    let admin = Person::log_in(gateway, &secrets.admin_email, &secrets.admin_password)?;
    let roles = json!({ "roles": ["user", "dealer"] }).to_string();
    let path = format!("/api/admin/users/{}/roles", dealer.id);
    admin.http.try_send("PUT", &path, Some(("application/json", roles.as_bytes())))?.require(200)?;
    Person::log_in(gateway, DEALER, &secrets.password)
}

/// What people tell of themselves. The Bundesnetzagentur keeps these telephone numbers free for fiction.
fn profile(username: &str) -> Value {
    let (name, location, phone, about) = match username {
        "anna" => ("Anna Berger", "Leipzig", "030 23125 014", "Two children, one dog, and now a car too many."),
        "ben" => ("Ben Krüger", "Hamburg", "040 66969 120", "I look after my cars myself."),
        "clara" => ("Clara Vogt", "Köln", "0221 4710 337", "Best reached in the evening."),
        _ => (
            "Autohaus am Ring",
            "Berlin",
            "030 23125 500",
            "Used cars with inspection and guarantee. Monday to Friday 9 to 18, Saturday 9 to 14.",
        ),
    };
    json!({ "name": name, "location": location, "phone": phone, "about": about })
}
