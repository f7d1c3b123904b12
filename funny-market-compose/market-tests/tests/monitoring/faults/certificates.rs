//! The certificates of a gateway.

use super::{Broken, Scene, newcomers};
use market::child::free_addresses;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A certificate and its key in one file, good for so many days from now.
fn certificate(scene: &Scene, days: &str) -> PathBuf {
    let file = env::temp_dir().join(scene.market.unique("certificate"));
    let key = file.with_extension("key");
    let mut openssl = Command::new("openssl");
    openssl.args(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost".split(' '),
    );
    let made = openssl.args(["-days", days, "-keyout"]).arg(&key).arg("-out").arg(&file).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let both = [fs::read(&file).unwrap(), fs::read(&key).unwrap()].concat();
    fs::write(&file, both).unwrap();
    fs::remove_file(key).unwrap();
    file
}

/// One more gateway, which speaks TLS, and where it does.
fn gateway(scene: &Scene, certificate: &Path) -> (newcomers::Gateway, String) {
    let [tls] = free_addresses::<1>().unwrap().map(|address| address.to_string());
    let certificate = certificate.to_str().unwrap();
    let settings = [("FM_GATEWAY_TLS_HTTP", tls.as_str()), ("FM_GATEWAY_TLS_CERTIFICATES", certificate), ("FM_GATEWAY_TLS_RELOAD", "1s")];
    (newcomers::gateway(scene, &settings), tls)
}

/// One more gateway, and a client that connects to it by TLS.
pub fn somebody_connects(scene: &Scene) -> Broken {
    let file = certificate(scene, "90");
    let (gateway, address) = gateway(scene, &file);
    let client = Command::new("openssl").args(["s_client", "-connect", &address]).stdin(Stdio::null()).output().unwrap();
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    Broken::until(move || {
        drop(gateway);
        fs::remove_file(file).unwrap();
    })
}

pub fn one_ends_soon(scene: &Scene) -> Broken {
    let file = certificate(scene, "13");
    let (gateway, _) = gateway(scene, &file);
    Broken::until(move || {
        drop(gateway);
        fs::remove_file(file).unwrap();
    })
}

pub fn a_new_one_is_garbage(scene: &Scene) -> Broken {
    let file = certificate(scene, "90");
    let (gateway, _) = gateway(scene, &file);
    scene.prometheus.sees(r#"gateway_tls_reloads_total{code="refused", instance=~"newcomer.*"} == 0"#);
    fs::write(&file, "garbage").unwrap();
    Broken::until(move || {
        drop(gateway);
        fs::remove_file(file).unwrap();
    })
}
