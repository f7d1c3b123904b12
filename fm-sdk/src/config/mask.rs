//! Hides passwords in what is printed.

/// Replaces the password of a URL by `***`. Works on any text of the form `scheme://user:password@..`, also on lists of hosts that
/// are no URL by RFC 3986, as MongoDB's are.
#[must_use]
pub fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // The last @: a password that somebody forgot to encode may have one, and must not be shown either.
    match authority.rsplit_once('@') {
        Some((user, hosts)) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:***@{hosts}{tail}"),
            None => url.into(),
        },
        None if tail.contains('@') => format!("{scheme}://***{}", &tail[tail.rfind('@').unwrap_or(0)..]),
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked_url;

    #[test]
    fn passwords_are_hidden_and_the_rest_is_not() {
        for (url, shown) in [
            ("amqp://u:p@h:1/v", "amqp://u:***@h:1/v"),
            ("mongodb://u:p@a:1,b:2/db?x=1", "mongodb://u:***@a:1,b:2/db?x=1"),
            ("amqp://u:p@ss@h", "amqp://u:***@h"),
            ("amqp://u:p/ss@h/v", "amqp://***@h/v"),
            ("amqp://u@h", "amqp://u@h"),
            ("http://h:1/a", "http://h:1/a"),
            ("./data", "./data"),
        ] {
            assert_eq!(masked_url(url), shown);
        }
    }
}
