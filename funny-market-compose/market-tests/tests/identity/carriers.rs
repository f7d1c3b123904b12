//! The table of ways to carry an identity that are none: each row a name, the code that it is refused with, and its requests' headers.
//! `refused_at!(entry point)` makes one test of each.

use crate::people::People;

pub type Headers = Vec<(String, String)>;

macro_rules! table {
    ($d:tt $($name:ident: $code:literal = $make:expr;)*) => {
        $(pub fn $name(p: &People) -> Vec<Headers> {
            let make: fn(&People) -> Vec<Headers> = $make;
            make(p)
        })*
        /// One test for each row of the table at a entry point: `fn(headers of each request, code)`.
        macro_rules! not_carried_to {
            ($d entry_point:path) => { $(#[test] fn $name() {
                $d entry_point(&$crate::carriers::$name($crate::people::people()), $code);
            })* };
        }
        pub(crate) use not_carried_to;
    };
}

table! { $
    nothing: "token-missing" = |_| vec![vec![]];
    an_empty_token: "token-invalid" = |_| ["", "Bearer", "Bearer ", "bearer "].iter().map(|value| authorization(value)).collect();
    another_scheme: "token-invalid" = |p| {
        let good = p.good();
        let schemes = ["Basic ", "Token ", "JWT ", "Digest ", "Bearer: ", "Bearer=", "Bearer\t", "Bearer,", "BearerBearer ", ""];
        schemes.iter().map(|scheme| authorization(&format!("{scheme}{good}"))).collect()
    };
    a_token_with_something_around_it: "token-invalid" = |p| {
        let good = p.good();
        [format!("Bearer  {good}"), format!("Bearer \"{good}\""), format!("Bearer {good}, Bearer {good}"), format!("Bearer {good} {good}"), format!("Bearer Bearer {good}")]
            .iter().map(|value| authorization(value)).collect()
    };
    two_tokens: "token-invalid" = |p| {
        let good = format!("Bearer {}", p.good());
        let own = format!("Bearer {}", p.attacker.access_token);
        [[&good, &good], [&good, &own], [&own, &good], [&good, &"Basic YTpi".to_owned()], [&"Basic YTpi".to_owned(), &good]]
            .iter().map(|two| two.iter().flat_map(|value| authorization(value)).collect()).collect()
    };
    a_good_token_in_another_header: "token-missing" = |p| {
        let good = p.good();
        let names = ["Proxy-Authorization", "X-Authorization", "X-Access-Token", "X-Forwarded-Access-Token", "Authentication", "X-Api-Key", "Fm-Token", "Token", "Access_Token"];
        let mut all: Vec<Headers> = names.iter().map(|name| vec![header(name, &format!("Bearer {good}")), header(name, &good)]).collect();
        all.extend(["access_token", "token", "Authorization", "session"].map(|name| vec![header("Cookie", &format!("{name}={good}"))]));
        all
    };
    identity_headers_in_every_spelling: "token-missing" = |p| identity_headers(&p.victim.id).into_iter().map(|one| vec![one]).collect();
    identity_headers_behind_forty_others: "token-missing" = |p| {
        let filler = (0..40).map(|n| header(&format!("X-Filler-{n}"), "x"));
        let few = ["X-User-Id", "x_user_id", "X-Identity", "Remote-User", "X-Fm-Identity", "X-Forwarded-User"];
        vec![filler.chain(few.map(|name| header(name, &p.victim.id))).collect()]
    };
}

/// Headers by which services elsewhere let themselves be told who calls.
pub fn identity_headers(who: &str) -> Headers {
    let names = [
        "X-User-Id",
        "x-user-id",
        "X-USER-ID",
        "x_user_id",
        "X_User_Id",
        "X-UserId",
        "X-User",
        "X-Username",
        "X-Identity",
        "x_identity",
        "Remote-User",
        "remote_user",
        "REMOTE-USER",
        "X-Remote-User",
        "X-Fm-Identity",
        "X-FM-User",
        "x_fm_identity",
        "X-Fm-Sub",
        "X-Forwarded-User",
        "x_forwarded_user",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Forwarded-Preferred-Username",
        "X-Auth-User",
        "X-Auth-Request-User",
        "X-Authenticated-User",
        "X-Authenticated-Userid",
        "X-Consumer-Id",
        "X-Consumer-Username",
        "X-Credential-Identifier",
        "X-Account-Id",
        "X-Subject",
        "X-Jwt-Payload",
        "X-Jwt-Claim-Sub",
        "X-Delegated-User",
        "X-Client-Cert",
        "X-Original-User",
        "X-Real-User",
        "Sub",
        "User",
        "User-Id",
        "Identity",
        "From",
    ];
    let mut all: Headers = names.iter().map(|name| header(name, who)).collect();
    all.extend(["X-Role", "X-Roles", "x_roles", "X-Permissions"].map(|name| header(name, "admin")));
    all.extend(["X-Scope", "X-Scopes", "x_scopes"].map(|name| header(name, "cars:write profile:write users:admin")));
    all
}

fn authorization(value: &str) -> Headers {
    vec![header("Authorization", value)]
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.into(), value.into())
}
