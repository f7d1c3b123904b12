//! Lets in clients by their address, or keeps them out.

use crate::pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step};
use fm_sdk::{Error, Kind};
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

pub struct Ip;

#[derive(Deserialize)]
struct Settings {
    allow: Vec<String>,
    deny: Vec<String>,
}

struct Networks {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

impl Plugin for Ip {
    fn name(&self) -> &'static str {
        "ip"
    }

    fn about(&self) -> &'static str {
        "Lets in clients by their address, or keeps them out"
    }

    fn schema(&self) -> Value {
        let networks = |title: &str, description: &str| {
            let items = json!({"type": "string", "minLength": 2});
            json!({"type": "array", "items": items, "default": [], "title": title, "description": description, "examples": [["10.0.0.0/8", "2001:db8::1"]]})
        };
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "allow": networks("Allow", "Addresses and networks that may ask; none named means all"),
                "deny": networks("Deny", "Addresses and networks that may not, also if they are allowed")
            }
        })
    }

    fn restricts(&self) -> bool {
        true
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        if settings.allow.is_empty() && settings.deny.is_empty() {
            return Err("neither allow nor deny names an address".into());
        }
        Ok(Box::new(Networks { allow: networks(&settings.allow)?, deny: networks(&settings.deny)? }))
    }
}

impl Step for Networks {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        exchange.note_read("client.ip");
        if self.lets_in(exchange.client.ip) {
            return Flow::pass();
        }
        Flow::fail(Error::new(Kind::Forbidden, "address-denied", "this address may not ask here"))
    }
}

impl Networks {
    fn lets_in(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let among = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&ip));
        !among(&self.deny) && (self.allow.is_empty() || among(&self.allow))
    }
}

fn networks(texts: &[String]) -> Result<Vec<IpNet>, String> {
    let read = |text: &String| {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| format!("{text:?} is neither an address nor a network"))
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(allow: &[&str], deny: &[&str]) -> Networks {
        let read = |texts: &[&str]| networks(&texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>()).unwrap();
        Networks { allow: read(allow), deny: read(deny) }
    }

    #[test]
    fn a_deny_rule_wins_over_an_allow_rule() {
        let networks = of(&["10.0.0.0/8", "2001:db8::/32"], &["10.1.0.0/16", "2001:db8::7"]);
        for (ip, lets_in) in [
            ("10.2.3.4", true),
            ("::ffff:10.2.3.4", true),
            ("10.1.2.3", false),
            ("::ffff:10.1.2.3", false),
            ("9.9.9.9", false),
            ("2001:db8::1", true),
            ("2001:db8::7", false),
            ("2001:db9::1", false),
        ] {
            assert_eq!(networks.lets_in(ip.parse().unwrap()), lets_in, "{ip}");
        }
        assert!(of(&[], &["9.9.9.9"]).lets_in("9.9.9.8".parse().unwrap()));
    }

    #[test]
    fn an_invalid_network_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.0/-1"] {
            networks(&[text.to_owned()]).unwrap_err();
        }
    }
}
