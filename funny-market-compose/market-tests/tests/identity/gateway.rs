//! Through the gateway, to every service behind it.

use crate::{
    carriers::Headers,
    entry_point::{Attempt, Case, EntryPoint, at_entry_point, draft, of_cars, of_image, of_profile, profile},
    people::people,
};

at_entry_point!(EntryPoint { part: "gateway", guarded, veiled: |case| vec![draft(case), profile(case)] });

fn guarded(case: &Case) -> Vec<Attempt> {
    of_cars(case).into_iter().chain(of_image(case)).chain(of_profile(case)).collect()
}

/// A query is no place for a token: it would lie in logs and histories.
#[test]
fn a_token_in_the_query_is_none() {
    for part in ["gateway", "profile"] {
        for name in ["access_token", "token", "authorization", "jwt"] {
            let path = format!("/api/me?{name}={}", people().good());
            people().market.at(part).get(&path).expect_problem(401, "token-missing");
        }
    }
}

/// The gateway alone would let a service be asked with what its `Connection` header names taken out.
#[test]
fn a_header_cannot_be_hidden_from_the_gateway_and_shown_to_a_service() {
    let good = format!("Bearer {}", people().good());
    let hidden: Headers = vec![("Authorization".into(), good), ("Connection".into(), "authorization".into())];
    let mut caller = people().market.anyone();
    for (name, value) in &hidden {
        caller = caller.with(name, value);
    }
    caller.get("/api/me").expect_problem(401, "token-missing");
}
