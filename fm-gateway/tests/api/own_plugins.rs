//! A plugin of somebody else's in a crate outside this repository: what docs/own-plugins.md shows is built and run.

use crate::support::{Client, soon};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

const DOCUMENT: &str = include_str!("../../docs/own-plugins.md");

/// The block of code that stands under the name of its file.
fn block(file: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("\n`{file}`")).unwrap();
    let (_, rest) = rest.split_once("\n```").unwrap();
    let (_, code) = rest.split_once('\n').unwrap();
    code.split("\n```").next().unwrap()
}

/// Makes the crate in a folder, and gives its program. It is compiled against the library that is under test: no dependency is built again.
fn build(folder: &Path) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), block("Cargo.toml").replace("../fm-gateway", repository.to_str().unwrap())).unwrap();
    for file in ["src/main.rs", "src/opening_hours.rs"] {
        fs::write(folder.join(file), block(file)).unwrap();
    }
    for file in ["Cargo.lock", "rust-toolchain.toml"] {
        fs::copy(repository.join(file), folder.join(file)).unwrap();
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--offline", "--config"]).arg(repository.join(".cargo/config.toml"));
    let resolved: Value = serde_json::from_slice(&ran(cargo.current_dir(folder)).stdout).unwrap();
    let named = resolved["packages"].as_array().unwrap().iter().find(|package| package["name"] == "shop-gateway").unwrap();
    assert_eq!((named["targets"][0]["kind"][0].as_str(), named["edition"].as_str()), (Some("bin"), Some("2024")));

    let deps = Path::new(env!("CARGO_BIN_EXE_fm-gateway")).with_file_name("deps");
    let libraries = fs::read_dir(&deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libfm_gateway-") && name.ends_with(".rlib")
    });
    let library = libraries.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-name=shop_gateway", "src/main.rs", "-o", "shop-gateway", "--extern"]);
    rustc.arg(format!("fm_gateway={}", library.display()));
    ran(rustc.arg(format!("-Ldependency={}", deps.display())).current_dir(folder));
    folder.join("shop-gateway")
}

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A running program; ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[actix_rt::test]
async fn a_crate_of_others_adds_a_plugin_in_ten_lines_of_main() {
    assert!(block("src/main.rs").lines().count() <= 10);
    let folder = tempfile::tempdir().unwrap();
    let crate_folder = folder.path().join("shop-gateway");
    fs::create_dir(&crate_folder).unwrap();
    let program = tokio::task::spawn_blocking(move || build(&crate_folder)).await.unwrap();

    let route = |path: &str, settings: Value| {
        let says = json!({"plugin": "respond", "settings": {"body": "until ${hours.to}"}});
        json!({"id": path[1..], "path": path, "public": true, "plugins": [{"plugin": "opening-hours", "settings": settings}, says]})
    };
    let table = json!({"format": 1, "routes": [route("/always", json!({})), route("/never", json!({"from": 7, "to": 7}))]});
    let check = |table: &Value| {
        let file = folder.path().join("checked.json");
        fs::write(&file, table.to_string()).unwrap();
        Command::new(&program).args(["table", "check"]).arg(file).env("FM_REGISTRY", "memory").output().unwrap()
    };
    let checked = check(&table);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    for (settings, said) in [(json!({"from": 25}), "at most 24 expected"), (json!({"from": 9, "to": 8}), "from is after to")] {
        let refused = check(&json!({"format": 1, "routes": [route("/always", settings)]}));
        let output = format!("{}{}", String::from_utf8_lossy(&refused.stdout), String::from_utf8_lossy(&refused.stderr));
        assert!(!refused.status.success() && output.contains(said), "{output}");
    }

    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("table.json"), json!({"revision": 1, "table": table}).to_string()).unwrap();
    let mut serve = Command::new(&program);
    serve
        .env("FM_REGISTRY", "memory")
        .env("FM_DATA", &data)
        .env("FM_HTTP", "127.0.0.1:0")
        .env("FM_ADMIN_HTTP", "127.0.0.1:0")
        .env("FM_LOG", "info");
    let mut child = Program(serve.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let log = BufReader::new(child.0.stderr.take().unwrap());
    let (listens, address) = tokio::sync::oneshot::channel();
    // Reads on to the end, so that the program can write.
    std::thread::spawn(move || {
        let (mut listens, mut found) = (Some(listens), None);
        for line in log.lines().map_while(Result::ok) {
            found = line.split_once("listens on ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok()).or(found);
            if line.ends_with(" is ready")
                && let (Some(listens), Some(address)) = (listens.take(), found)
            {
                let _ = listens.send(address);
            }
        }
    });
    let address = soon(address).await.unwrap();
    let reply = Client::connect(address).await.ask("GET /always HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "until 24"));
    let reply = Client::connect(address).await.ask("GET /never HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "closed"));
}
