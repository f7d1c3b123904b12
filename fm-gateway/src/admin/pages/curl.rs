//! A request as a command of curl, for a POSIX shell.

use crate::admin::saved_requests::RequestText;

/// The command that sends the request as it is typed; a path without a host goes to `origin`.
pub fn curl(request: &RequestText, origin: &str) -> String {
    let url = request.url.trim();
    let mut arguments = Vec::new();
    match (request.method.as_str(), request.body.is_empty()) {
        ("GET", true) => {}
        ("HEAD", true) => arguments.push("--head".to_owned()),
        (method, _) => arguments.push(format!("--request {}", quoted(method))),
    }
    // The path is sent as it is, and brackets are no patterns.
    if url.contains("/.") {
        arguments.push("--path-as-is".into());
    }
    if url.contains(['[', ']', '{', '}']) {
        arguments.push("--globoff".into());
    }
    let headers: Vec<(&str, &str)> =
        request.headers.iter().filter_map(|header| header.split_once(':')).map(|(name, value)| (name.trim(), value.trim())).collect();
    for (name, value) in &headers {
        // `Name:` would take a header out.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        arguments.push(format!("--header {}", quoted(&header)));
    }
    if !request.body.is_empty() {
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            // curl would call it a form.
            arguments.push("--header 'Content-Type:'".into());
        }
        arguments.push(format!("--data-raw {}", quoted(&request.body)));
    }
    let whole = if url.starts_with('/') { format!("{}{url}", origin.trim_end_matches('/')) } else { url.to_owned() };
    arguments.push(quoted(&whole));
    format!("curl {}", arguments.join(" \\\n  "))
}

/// One word of a POSIX shell: nothing has a meaning within single quotes but their end (POSIX, 2.2.2).
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | ',' | '@');
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn request(method: &str, url: &str, headers: &[&str], body: &str) -> RequestText {
        let headers = headers.iter().map(|&header| header.to_owned()).collect();
        RequestText { method: method.into(), url: url.into(), headers, body: body.into() }
    }

    /// The arguments that a shell gives to curl.
    fn arguments(command: &str) -> Vec<String> {
        let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let out = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        text.strip_suffix('\0').unwrap_or(&text).split('\0').map(str::to_owned).collect()
    }

    #[test]
    fn curl_commands_quote_every_value_for_the_shell() {
        let nasty = "it's \"$HOME\" `id` $(id) \\ ! * ~ # ;|&\nsecond line\r\n\tä€ '' end'";
        let value = "a'b $(id) `id` \\";
        let command =
            curl(&request("P'OST", "/a/./b?x={1}&y='[$z]", &[&format!("X-A: {value}"), "X-Empty:"], nasty), "http://gateway:8080/");
        assert_eq!(
            arguments(&command),
            [
                "--request",
                "P'OST",
                "--path-as-is",
                "--globoff",
                "--header",
                &format!("X-A: {value}"),
                "--header",
                "X-Empty;",
                "--header",
                "Content-Type:",
                "--data-raw",
                nasty,
                "http://gateway:8080/a/./b?x={1}&y='[$z]"
            ]
        );
    }

    #[test]
    fn curl_commands_leave_out_what_curl_does_by_default() {
        for (request, command) in [
            (request("GET", "/api/cars", &[], ""), "curl http://g:1/api/cars"),
            (request("GET", "https://market.example/a?b=1", &[], ""), "curl 'https://market.example/a?b=1'"),
            (request("HEAD", "/a", &["Accept: */*"], ""), "curl --head \\\n  --header 'Accept: */*' \\\n  http://g:1/a"),
            (
                request("POST", "/a", &["Content-Type: application/json"], "{}"),
                "curl --request POST \\\n  --header 'Content-Type: application/json' \\\n  --data-raw '{}' \\\n  http://g:1/a",
            ),
        ] {
            assert_eq!(curl(&request, "http://g:1"), command);
        }
    }
}
