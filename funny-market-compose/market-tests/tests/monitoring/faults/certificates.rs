//! The certificates of a gateway.

use super::{Broken, Scene, newcomers};
use market::child::free_addresses;
use std::{env, fs, path::PathBuf, process::Command};

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

/// One more gateway, which speaks TLS.
fn gateway(scene: &Scene, certificate: &std::path::Path) -> newcomers::Gateway {
    let [tls] = free_addresses::<1>().unwrap().map(|address| address.to_string());
    let certificate = certificate.to_str().unwrap();
    newcomers::gateway(
        scene,
        &[("FM_GATEWAY_TLS_HTTP", &tls), ("FM_GATEWAY_TLS_CERTIFICATES", certificate), ("FM_GATEWAY_TLS_RELOAD", "1s")],
    )
}

pub fn one_ends_soon(scene: &Scene) -> Broken {
    let file = certificate(scene, "13");
    let gateway = gateway(scene, &file);
    Broken::until(move || {
        drop(gateway);
        fs::remove_file(file).unwrap();
    })
}

pub fn a_new_one_is_garbage(scene: &Scene) -> Broken {
    let file = certificate(scene, "90");
    let gateway = gateway(scene, &file);
    scene.prometheus.sees(r#"gateway_tls_reloads_total{code="refused", instance=~"newcomer.*"} == 0"#);
    fs::write(&file, "garbage").unwrap();
    Broken::until(move || {
        drop(gateway);
        fs::remove_file(file).unwrap();
    })
}
