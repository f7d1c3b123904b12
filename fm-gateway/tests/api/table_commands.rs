//! `fm-gateway table ...` with tables in files, without any registry.

use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::{Command, Output},
};

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, text: impl ToString) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text.to_string()).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fm-gateway"));
        command.env_clear().env("FM_REGISTRY", "memory").env("FM_DATA", self.0.path());
        command.arg("table").args(arguments);
        command
    }

    /// What it prints, if it succeeds.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it complains about.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }
}

fn respond(id: &str, path: &str) -> Value {
    json!({"id": id, "path": path, "public": true, "plugins": [{"plugin": "respond", "settings": {"body": id}}]})
}

fn table(routes: &[Value]) -> String {
    json!({"format": 1, "routes": routes}).to_string()
}

#[test]
fn explain_says_which_route_of_a_file_takes_a_request() {
    let files = Files::new();
    let mut beta = respond("beta", "/cars/{id}");
    beta["predicates"] = json!([{"header": "x-channel", "equals": "beta"}]);
    let file = files.put("table.json", table(&[respond("one", "/cars/{id}"), beta, respond("all", "/**")]));
    let file = file.to_str().unwrap();

    let said = files.ok(&["explain", "GET", "http://shop.test/cars/7", "--file", file]);
    assert!(said.starts_with("GET shop.test/cars/7: route one\n"), "{said}");
    assert!(said.contains("does not hold: header x-channel equals \"beta\""), "{said}");

    let json = files.ok(&["explain", "GET", "/cars/7", "--header", "X-Channel: beta", "--json", "--file", file]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["taken"], json!({"by": "route", "id": "beta"}));
    let reasons: Vec<_> = json["routes"].as_array().unwrap().iter().map(|r| (&r["id"], &r["reason"])).collect();
    assert_eq!(json!(reasons), json!([["beta", "chosen"], ["one", "fewer-predicates"], ["all", "less-specific-path"]]));
}

#[test]
fn explain_names_the_plugins_of_a_route_and_those_of_its_group() {
    let files = Files::new();
    let mut route = respond("one", "/cars/{id}");
    route["group"] = json!("cars");
    let off = json!({"plugin": "cors", "enabled": false, "settings": {"origins": ["*"]}});
    let group = json!({"plugins": [{"plugin": "ip", "settings": {"deny": ["9.9.9.9"]}}, off]});
    let file = files.put("table.json", json!({"format": 1, "groups": {"cars": group}, "routes": [route]}).to_string());
    let said = files.ok(&["explain", "GET", "/cars/7", "--file", file.to_str().unwrap()]);
    assert!(said.contains("\n  plugins: ip (group cars), respond\n"), "{said}");
    let json: Value = serde_json::from_str(&files.ok(&["explain", "GET", "/cars/7", "--json", "--file", file.to_str().unwrap()])).unwrap();
    assert_eq!(json["plugins"], json!([{"plugin": "ip", "group": "cars"}, {"plugin": "respond"}]));
}

#[test]
fn explain_refuses_bad_requests_and_bad_tables() {
    let files = Files::new();
    let good = files.put("good.json", table(&[respond("a", "/a")]));
    let bad = files.put("bad.json", table(&[respond("a", "a")]));
    assert!(files.refused(&["explain", "GET", "/", "--file", bad.to_str().unwrap()]).contains("routes[a].path"));
    assert!(files.refused(&["explain", "GET", "no-slash", "--file", good.to_str().unwrap()]).contains("URL"));
    assert!(files.refused(&["explain", "GET", "/", "--header", "x", "--file", good.to_str().unwrap()]).contains("header"));
    assert!(files.refused(&["explain", "GET", "/", "--file", "/nowhere/table.json"]).contains("/nowhere/table.json"));
}

#[test]
fn test_shows_each_step_of_a_table_in_a_file_and_no_secrets() {
    let files = Files::new();
    let table = table(&[json!({"id": "echo", "path": "/echo/{word}", "public": true, "plugins": [
        {"plugin": "headers", "settings": {"request": {"set": {"x-upstream-key": "env{UPSTREAM_KEY}"}}}},
        {"plugin": "body-limit", "settings": {"bytes": 8}},
        {"plugin": "respond", "settings": {"body": "${path.word}"}},
    ]})]);
    let (file, body) = (files.put("table.json", table), files.put("body", "1234"));
    let (file, body) = (file.to_str().unwrap(), body.to_str().unwrap());
    let run = |arguments: &[&str]| {
        let mut command = files.command(&["test", "POST", "/echo/hello", "--file", file, "--header", "Authorization: Basic c2VjcmV0"]);
        let output = command.args(arguments).env("UPSTREAM_KEY", "s3cret-value").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains("s3cret") && !said.contains("c2VjcmV0") && !said.contains("1234"), "{said}");
        said
    };
    let said = run(&["--body", body]);
    let lines: Vec<&str> = said.lines().map(|line| line.split("  (").next().unwrap()).collect();
    assert_eq!(
        lines[..7],
        [
            "POST localhost/echo/hello: route echo",
            "-> 1 headers  passed",
            "     + request.header.x-upstream-key = env{UPSTREAM_KEY}",
            "-> 2 body-limit  passed",
            "     ~ max_body = 1048576 -> 8",
            "-> 3 respond  answered 200",
            "     reads path.word",
        ]
    );
    assert!(lines.contains(&"answer 200, 5 bytes"), "{said}");

    let too_large = files.put("large", "123456789");
    let json: Value = serde_json::from_str(&run(&["--json", "--body", too_large.to_str().unwrap()])).unwrap();
    let outcome = json!({"kind": "failed", "status": 413, "code": "too-large", "message": "at most 8 bytes are taken here"});
    assert_eq!((&json["trace"]["steps"][1]["outcome"], &json["trace"]["steps"][2]["outcome"]["kind"]), (&outcome, &json!("not-reached")));
    assert_eq!((&json["answer"]["status"], json.get("body")), (&json!(413), None));
}

#[test]
fn diff_shows_which_routes_and_fields_differ() {
    let files = Files::new();
    let mut changed = respond("b", "/b");
    changed["methods"] = json!(["GET"]);
    changed["plugins"][0]["settings"]["body"] = json!("new");
    let old = files.put("old.json", table(&[respond("a", "/a"), respond("b", "/b")]));
    let new = files.put("new.json", table(&[changed, respond("c", "/c")]));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    assert_eq!(files.ok(&["diff", old, "--from", old]), "nothing differs\n");
    let said = files.ok(&["diff", new, "--from", old]);
    for line in
        ["+ route c", "- route a", "~ route b", "    + methods: [\"GET\"]", "    ~ plugins[0:respond].settings.body: \"b\" -> \"new\""]
    {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
    let json: Value = serde_json::from_str(&files.ok(&["diff", new, "--from", old, "--json"])).unwrap();
    assert_eq!(json["changed"][0]["fields"][0], json!({"field": "methods", "before": null, "after": ["GET"]}));
    assert!(files.refused(&["diff", new]).contains("the registry has no table"));
}

#[test]
fn import_prints_a_table_that_is_good() {
    let files = Files::new();
    let document = json!({"openapi": "3.0.3", "info": {"title": "Cars", "version": "1"}, "paths": {
        "/cars": {"get": {"security": []}, "post": {"security": [{"token": ["cars:write"]}]}}, "/cars/{id}": {"trace": {}, "get": {"security": []}}},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}});
    let document = files.put("openapi.json", document);
    let import = files.run(&["import", "--openapi", document.to_str().unwrap(), "--service", "fm-cars"]);
    assert!(import.status.success());
    assert!(String::from_utf8(import.stderr).unwrap().contains("TRACE /cars/{id} is left out"));
    let table = files.put("table.json", String::from_utf8(import.stdout).unwrap());
    assert_eq!(files.ok(&["check", table.to_str().unwrap()]), "the table is good: 3 routes\n");
    let said = files.ok(&["explain", "POST", "/cars", "--file", table.to_str().unwrap()]);
    assert!(said.starts_with("POST localhost/cars: route fm-cars-cars-post\n"), "{said}");

    let yaml = files.put("openapi.yaml", "openapi: 3.0.3\n");
    let refused = files.refused(&["import", "--openapi", yaml.to_str().unwrap(), "--service", "fm-cars"]);
    assert!(refused.contains("openapi.yaml") && refused.contains("not JSON"), "{refused}");
}

#[test]
fn apply_says_what_is_wrong_with_file_and_line() {
    let files = Files::new();
    files.put("a.json", table(&[respond("a", "/a")]));
    files.put("b.json", "{\"format\": 1, \"routes\": [\n  {\"id\": \"b\", \"path\": \"/b\", \"colour\": 1}]}");
    let folder = files.0.path().to_str().unwrap();
    let refused = files.refused(&["apply", folder]);
    assert!(refused.contains("b.json:2:") && refused.contains("unknown field `colour`"), "{refused}");
    assert!(files.refused(&["apply", "/nowhere"]).contains("/nowhere"));
}
