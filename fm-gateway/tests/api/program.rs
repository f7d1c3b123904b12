//! The program itself on a real etcd: its command line, its table, its leave.

use crate::support::{Client, Reply, Upstream, ok, soon};
use fm_gateway::admin::users::{self, Cost, Passwords};
use fm_sdk::{
    config::TlsFiles,
    registry::{
        Etcd, Registry,
        services::{Instance, Services},
    },
};
use fm_sdk_testing::servers::{EtcdServer, free_ports};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    io::Write,
    net::SocketAddr,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

const PREFIX: &str = "/gateway-test";

/// A running gateway; ended with the test.
pub struct Program(pub Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn command(etcd: &str, data: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fm-gateway"));
    command.env("FM_REGISTRY", etcd).env("FM_REGISTRY_PREFIX", PREFIX).env("FM_DATA", data.path()).env("FM_INSTANCE", "g1");
    command.env("FM_LOG", "warn").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub async fn run(command: &mut Command) -> Output {
    let child = command.spawn().unwrap();
    soon(tokio::task::spawn_blocking(move || child.wait_with_output())).await.unwrap().unwrap()
}

async fn get(address: SocketAddr, path: &str) -> Option<Reply> {
    let io = tokio::net::TcpStream::connect(address).await.ok()?;
    let mut client = Client { io, input: Vec::new() };
    client.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
    client.reply(false).await
}

/// Asks until the answer is as wanted.
pub async fn until(address: SocketAddr, path: &str, wanted: impl Fn(&Reply) -> bool) -> Reply {
    for _ in 0..400 {
        if let Some(reply) = get(address, path).await
            && wanted(&reply)
        {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{path} is never answered as wanted");
}

#[actix_rt::test]
async fn it_serves_from_etcd_takes_a_new_table_and_leaves_without_a_failed_request() {
    let etcd = EtcdServer::start().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let [port, admin] = free_ports::<2>().unwrap();
    let [address, operators] = [port, admin].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let registry: Arc<dyn Registry> = Arc::new(Etcd::connect_with(etcd.url(), PREFIX, &TlsFiles::default()).unwrap());
    let services = Services::new(registry.clone());
    let upstream = Upstream::answering(ok("a car")).await;
    let _place = services.register(Instance::new("fm-cars", "1", upstream.url())).unwrap();

    let mut serve = command(etcd.url(), &data);
    serve.env("FM_HTTP", address.to_string()).env("FM_ADMIN_HTTP", format!("127.0.0.1:{admin}"));
    let mut program = Program(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    until(address, "/health/ready", |r| r.status == 200).await;
    assert_eq!(until(address, "/api/cars/7", |r| r.status != 503).await.text(), "a car");

    let got = run(command(etcd.url(), &data).args(["table", "get"])).await;
    assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
    let mut table: Value = serde_json::from_slice(&got.stdout).unwrap();
    let revision: i64 = String::from_utf8_lossy(&got.stderr).trim().strip_prefix("revision ").unwrap().parse().unwrap();
    let explained = run(command(etcd.url(), &data).args(["table", "explain", "PATCH", "/api/cars/7"])).await;
    let said = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(said.starts_with("PATCH localhost/api/cars/7: route cars-change\n"), "{said}");
    let new = json!({"id": "new", "path": "/new", "public": true, "plugins": [{"plugin": "respond", "settings": {"body": "new"}}]});
    table["routes"].as_array_mut().unwrap().push(new);
    let file = data.path().join("new.json");
    std::fs::write(&file, table.to_string()).unwrap();

    let diff = run(command(etcd.url(), &data).arg("table").arg("diff").arg(&file)).await;
    let said = String::from_utf8_lossy(&diff.stdout).into_owned();
    assert!(said.starts_with("+ route new\n") && !said.contains("~ route"), "{said}");

    let put = async |file: &std::path::Path, revision: i64| {
        run(command(etcd.url(), &data).arg("table").arg("put").arg(file).arg("--revision").arg(revision.to_string())).await
    };
    assert!(put(&file, revision).await.status.success());
    assert_eq!(until(address, "/new", |r| r.status == 200).await.text(), "new");
    let again = put(&file, revision).await;
    assert!(!again.status.success(), "somebody else has published in between");

    let apply = async |file: &std::path::Path| {
        let applied = run(command(etcd.url(), &data).arg("table").arg("apply").arg(file)).await;
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        String::from_utf8(applied.stdout).unwrap()
    };
    assert!(apply(&file).await.starts_with("nothing differs"));
    table["routes"].as_array_mut().unwrap().pop();
    std::fs::write(&file, table.to_string()).unwrap();
    let said = apply(&file).await;
    assert!(said.starts_with("- route new\n") && said.contains("\nrevision "), "{said}");
    until(address, "/new", |r| r.status == 404 || r.status == 503).await;

    let tested = run(command(etcd.url(), &data).args(["table", "test", "GET", "/api/cars/7"])).await;
    let said = String::from_utf8_lossy(&tested.stdout).into_owned();
    assert!(said.contains("-> 2 discovery  passed") && said.contains("asked fm-cars 1: 200"), "{said}");

    let folder = data.path().join("tables");
    std::fs::create_dir(&folder).unwrap();
    let watched = json!({"id": "watched", "path": "/watched", "public": true, "plugins": [{"plugin": "respond"}]});
    std::fs::write(folder.join("watched.json"), json!({"format": 1, "routes": [watched]}).to_string()).unwrap();
    std::fs::copy(&file, folder.join("market.json")).unwrap();
    let mut watch = command(etcd.url(), &data);
    watch.args(["table", "apply", "--watch"]).arg(&folder).stdout(Stdio::null());
    let mut watch = Program(watch.spawn().unwrap());
    until(address, "/watched", |r| r.status == 200).await;
    std::fs::remove_file(folder.join("watched.json")).unwrap();
    until(address, "/watched", |r| r.status != 200).await;
    assert!(Command::new("kill").args(["-TERM", &watch.0.id().to_string()]).status().unwrap().success());
    assert!(soon(tokio::task::spawn_blocking(move || watch.0.wait())).await.unwrap().unwrap().success());

    let bad = data.path().join("bad.json");
    std::fs::write(&bad, json!({"format": 1, "routes": [{"id": "x", "path": "x", "plugins": []}]}).to_string()).unwrap();
    let refused = run(command(etcd.url(), &data).arg("table").arg("check").arg(&bad)).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("route-path") && said.contains("routes[x]"), "{said}");

    let reset = run(command(etcd.url(), &data).args(["user", "reset-password", "admin"])).await;
    let password = String::from_utf8(reset.stdout).unwrap();
    let users = users::load(&*registry).await.unwrap().value;
    let admin = users.find("admin").unwrap();
    assert!(admin.must_change && Passwords::new(Cost::default()).verify(password.trim(), Some(admin.hash.clone())).await.unwrap());
    let unknown = run(command(etcd.url(), &data).args(["user", "reset-password", "nobody"])).await;
    assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("user-unknown"));

    let created = run(command(etcd.url(), &data).args(["token", "create", "prometheus", "--days", "30"])).await;
    let (token, about) = (String::from_utf8(created.stdout).unwrap(), String::from_utf8_lossy(&created.stderr).into_owned());
    assert!(created.status.success() && about.contains("of the role viewer"), "{about}");
    let mut client = Client::connect(operators).await;
    let asked = format!("GET /admin/api/targets HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\r\n", token.trim());
    let targets = client.ask(&asked).await;
    assert_eq!((targets.status, &targets.json()[0]["labels"]["service"]), (200, &json!("fm-cars")));
    for refused in
        [["token", "create", "x", "--role", "owner"], ["token", "create", "x", "--days", "0"], ["token", "create", " ", "--days", "1"]]
    {
        let refused = run(command(etcd.url(), &data).args(refused)).await;
        assert!(!refused.status.success() && refused.stdout.is_empty());
    }

    leave(address, &mut program, &services).await;
}

#[actix_rt::test]
async fn check_shows_every_setting_and_help_opens_with_what_the_gateway_is() {
    let data = tempfile::tempdir().unwrap();
    let shown = async |word: &str| {
        let output = run(command("memory", &data).arg(word)).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (help, check) = (shown("--help").await, shown("check").await);
    assert!(help.starts_with("fm-gateway: "), "{help}");
    let settings: Vec<_> = help.split("[env: ").skip(1).filter_map(|rest| rest.split(['=', ']']).next()).collect();
    assert!(settings.len() > 20, "{settings:?}");
    for setting in settings {
        assert!(check.lines().any(|line| line.starts_with(&format!("{setting}="))), "{setting} is missing:\n{check}");
    }
}

/// Ends it as an operator does, while clients ask for as long as it says that it may be asked.
async fn leave(address: SocketAddr, program: &mut Program, services: &Services) {
    let gateways = services.watch("fm-gateway");
    let asked = std::time::Instant::now();
    assert!(Command::new("kill").args(["-TERM", &program.0.id().to_string()]).status().unwrap().success());
    let mut served = 0;
    // A balancer goes by the registry, and hears of it a moment later.
    while !gateways.list().is_empty() || asked.elapsed() < Duration::from_millis(700) {
        let reply = get(address, "/api/cars/7").await;
        assert_eq!(reply.expect("a request failed").status, 200);
        served += 1;
    }
    assert!(served > 20, "{served}");
    let status = soon(async {
        loop {
            if let Some(status) = program.0.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(status.success() && asked.elapsed() >= Duration::from_secs(1));
}

#[actix_rt::test]
async fn secrets_for_plugins_are_made_on_the_command_line() {
    let data = tempfile::tempdir().unwrap();
    let made = async || {
        let output = run(command("memory", &data).args(["secret", "key"])).await;
        let text = String::from_utf8(output.stdout).unwrap();
        let (key, hash) = text.trim_end().split_once('\n').unwrap();
        let hashed: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(output.status.success() && key.len() == 68 && key.starts_with("fmk_") && hash == hashed, "{text}");
        key.to_owned()
    };
    assert_ne!(made().await, made().await);
    let hash = async |typed: &'static str| {
        let mut child = command("memory", &data).args(["secret", "password"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        soon(tokio::task::spawn_blocking(move || child.wait_with_output())).await.unwrap().unwrap()
    };
    let hashed = String::from_utf8(hash("correct horse\r\n").await.stdout).unwrap();
    assert!(Passwords::new(Cost::default()).verify("correct horse", Some(hashed.trim_end().into())).await.unwrap(), "{hashed}");
    for nothing in ["", "\n"] {
        let refused = hash(nothing).await;
        assert!(!refused.status.success() && refused.stdout.is_empty());
    }
}
