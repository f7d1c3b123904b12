use market::{Caller, Person, Result, sign_up_request};
use serde_json::{Value, json};

/// Somebody of the demo who sells and buys.
pub struct Seller {
    pub username: &'static str,
    /// Has the role `dealer`.
    is_dealer: bool,
    name: &'static str,
    town: &'static str,
    /// Where the cars stand.
    pub postal_codes: &'static [&'static str],
    /// The Bundesnetzagentur keeps these telephone numbers free for fiction.
    phone: &'static str,
    about: &'static str,
}

/// The dealers first.
#[rustfmt::skip]
pub const SELLERS: [Seller; 9] = [
    Seller { username: DEALER, is_dealer: true, name: "Autohaus am Ring", town: "Berlin", postal_codes: &["12099"], phone: "030 23125 500", about: "Used cars with inspection and guarantee. Family business since 1978." },
    Seller { username: "nordmobile", is_dealer: true, name: "Nordmobile", town: "Hamburg", postal_codes: &["22525"], phone: "040 66969 440", about: "Jahreswagen und junge Gebrauchte, Inzahlungnahme und Finanzierung." },
    Seller { username: "isarauto", is_dealer: true, name: "Isar-Automobile", town: "München", postal_codes: &["81369"], phone: "089 99998 710", about: "Estates and all-wheel drive for the mountains, checked in our own workshop." },
    Seller { username: "anna", is_dealer: false, name: "Anna Berger", town: "Leipzig", postal_codes: &["04109", "04229"], phone: "0171 39200 14", about: "Two children, one dog, and now a car too many." },
    Seller { username: "ben", is_dealer: false, name: "Ben Krüger", town: "Hamburg", postal_codes: &["20095", "22765"], phone: "040 66969 120", about: "I look after my cars myself." },
    Seller { username: "clara", is_dealer: false, name: "Clara Vogt", town: "Köln", postal_codes: &["50667", "50823"], phone: "0221 4710 337", about: "Best reached in the evening." },
    Seller { username: "david", is_dealer: false, name: "David Lenz", town: "Stuttgart", postal_codes: &["70173", "70372"], phone: "0171 39200 68", about: "Verkaufe nur, was ich selbst gefahren bin." },
    Seller { username: "elif", is_dealer: false, name: "Elif Aydın", town: "Frankfurt am Main", postal_codes: &["60311", "60487"], phone: "069 90009 262", about: "Please write first, I am often in meetings." },
    Seller { username: "jonas", is_dealer: false, name: "Jonas Richter", town: "Dresden", postal_codes: &["01067", "01307"], phone: "0171 39200 81", about: "Schrauber aus Leidenschaft." },
];
/// Those of [`SELLERS`] that are dealers.
const DEALERS: usize = 3;
/// A seller with the role `dealer`.
pub const DEALER: &str = "autohaus";

/// Whose the `n`th car is, in [`SELLERS`]: two of three belong to dealers.
pub fn seller_of(n: usize) -> usize {
    if n.is_multiple_of(3) { DEALERS + n / 3 % (SELLERS.len() - DEALERS) } else { n % 7 % DEALERS }
}

/// What the demo's people sign in with.
#[derive(Clone, Debug, clap::Args)]
pub struct Secrets {
    /// Password of the demo's people
    #[arg(long, env = "FM_DEMO_PASSWORD", hide_env_values = true)]
    password: String,
    /// E-mail address of the administrator, who makes dealers of some of them
    #[arg(long, env = "FM_DEMO_ADMIN_EMAIL")]
    admin_email: String,
    /// Password of the administrator
    #[arg(long, env = "FM_DEMO_ADMIN_PASSWORD", hide_env_values = true)]
    admin_password: String,
}

/// The demo's people, signed in, in the order of [`SELLERS`].
pub struct People(Vec<Person>);

impl People {
    /// Signs up whoever has no account yet, signs all of them in, and shows buyers who they are.
    ///
    /// # Errors
    /// The market refuses one of them: somebody else has the name, or the administrator's password is wrong.
    pub fn sign_in(gateway: &Caller, secrets: &Secrets) -> Result<Self> {
        let mut people = Vec::new();
        for seller in &SELLERS {
            let person =
                if seller.is_dealer { dealer(gateway, seller, secrets)? } else { sign_in(gateway, seller.username, &secrets.password)? };
            let profile = seller.profile().to_string();
            person.http.try_send("PATCH", "/api/me/profile", Some(("application/json", profile.as_bytes())))?.require(200)?;
            people.push(person);
        }
        Ok(Self(people))
    }

    /// The dealer who imports files.
    pub fn dealer(&self) -> &Person {
        &self.0[0]
    }

    /// Who sells the `n`th car.
    pub fn seller(&self, n: usize) -> &Person {
        &self.0[seller_of(n)]
    }

    /// Somebody of [`SELLERS`].
    ///
    /// # Errors
    /// Nobody has this name.
    pub fn named(&self, username: &str) -> Result<&Person> {
        Ok(self.0.iter().find(|person| person.username == username).ok_or_else(|| format!("nobody is called {username}"))?)
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
fn dealer(gateway: &Caller, seller: &Seller, secrets: &Secrets) -> Result<Person> {
    let dealer = sign_in(gateway, seller.username, &secrets.password)?;
    let profile = dealer.http.try_send("GET", "/api/me", None)?.require(200)?.json();
    if profile["roles"].as_array().is_some_and(|roles| roles.contains(&json!("dealer"))) {
        return Ok(dealer);
    }
    let admin = Person::log_in(gateway, &secrets.admin_email, &secrets.admin_password)?;
    let roles = json!({ "roles": ["user", "dealer"] }).to_string();
    let path = format!("/api/admin/users/{}/roles", dealer.id);
    admin.http.try_send("PUT", &path, Some(("application/json", roles.as_bytes())))?.require(200)?;
    Person::log_in(gateway, seller.username, &secrets.password)
}

impl Seller {
    /// What people tell of themselves.
    fn profile(&self) -> Value {
        let mut profile = json!({ "name": self.name, "location": self.town, "phone": self.phone, "about": self.about });
        if self.is_dealer {
            let (day, saturday) = (json!([{ "from": "09:00", "to": "18:00" }]), json!([{ "from": "09:00", "to": "14:00" }]));
            profile["opening_hours"] = json!({
                "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day, "saturday": saturday,
            });
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::{DEALERS, SELLERS, seller_of};

    #[test]
    fn everybody_sells_some_cars_and_dealers_most() {
        let mut cars = [0; SELLERS.len()];
        (0..200).for_each(|n| cars[seller_of(n)] += 1);
        assert!(cars.iter().all(|cars| *cars >= 5), "{cars:?}");
        assert!(cars[..DEALERS].iter().sum::<usize>() > 100, "{cars:?}");
        assert!(SELLERS.iter().enumerate().all(|(n, seller)| seller.is_dealer == (n < DEALERS)));
    }
}
