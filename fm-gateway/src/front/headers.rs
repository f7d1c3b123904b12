//! Names of headers that a client may not send on.

/// Headers by which services, ours or others', let themselves be told who the caller is. Nobody outside may set them; the caller is in
/// the token alone.
const IDENTITY: [&str; 29] = [
    "x-user",
    "x-identity",
    "x-auth",
    "x-authenticated",
    "x-remote-user",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-fm-",
    "x-scope",
    "x-role",
    "x-permission",
    "x-consumer",
    "x-credential",
    "x-account",
    "x-subject",
    "x-jwt",
    "x-token",
    "x-delegat",
    "remote-user",
    "x-real-user",
    "x-original-user",
    "x-webauth-",
    "x-client-cert",
    "x-ssl-client",
    "x-amzn-oidc-",
    "x-goog-authenticated-",
    "x-ms-client-principal",
];

/// Headers that name the client or another target; the gateway writes its own, or services would believe the client.
const FORWARDING: [&str; 11] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "x-original-url",
    "x-original-host",
    "x-rewrite-url",
    "x-http-method-override",
    "x-forwarded",
];

/// Says whether a header, its name in lower case, is taken out of every request. A name with `_` always is: many services cannot tell it
/// from the same name with `-`.
pub fn is_stripped(name: &str) -> bool {
    let bytes = name.as_bytes();
    if memchr::memchr(b'_', bytes).is_some() {
        return true;
    }
    match bytes.first() {
        Some(b'x' | b'r') if IDENTITY.iter().any(|prefix| name.starts_with(prefix)) => true,
        Some(b'x' | b'f' | b't' | b'c') => {
            FORWARDING.contains(&name)
                || (name.starts_with("x-forwarded-") && !matches!(name, "x-forwarded-for" | "x-forwarded-proto" | "x-forwarded-host"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_stripped;

    #[test]
    fn identity_never_comes_from_outside() {
        for name in [
            "x-user-id",
            "x-user",
            "x-identity",
            "x-auth-request-user",
            "x_user_id",
            "x-fm-identity",
            "x-scopes",
            "remote-user",
            "x-roles",
            "x-webauth-user",
        ] {
            assert!(is_stripped(name), "{name}");
        }
    }

    #[test]
    fn ordinary_headers_pass() {
        for name in
            ["accept", "authorization", "cookie", "x-requested-with", "x-csrf-token", "content-type", "range", "traceparent", "if-match"]
        {
            assert!(!is_stripped(name), "{name}");
        }
    }
}
