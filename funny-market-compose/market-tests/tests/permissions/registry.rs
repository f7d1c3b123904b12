use super::services;
use fm_sdk::{
    Error,
    identity::{Keys, Purpose},
    registry::{Change, Etcd, Expect, Registry},
};
use fm_sdk_testing::servers::EtcdServer;
use std::process::Command;

/// Runs the script of the market; every user's password is `pw-` and its name.
fn grant(server: &EtcdServer) {
    let mut script = Command::new("sh");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../etcd/grant")).env("ETCD", server.url()).env("ROOT_PASSWORD", "pw-root");
    for service in services() {
        script.env(format!("{}_PASSWORD", service.to_uppercase().replace('-', "_")), format!("pw-{service}"));
    }
    let done = script.output().unwrap();
    assert!(done.status.success(), "{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
}

fn as_user(server: &EtcdServer, login: &str) -> Etcd {
    Etcd::connect(&server.url().replace("http://", &format!("http://{login}@"))).unwrap()
}

fn service(server: &EtcdServer, name: &str) -> Etcd {
    as_user(server, &format!("{name}:pw-{name}"))
}

async fn write(etcd: &Etcd, key: &str) -> Result<(), Error> {
    etcd.commit(vec![Change { key: key.into(), expect: Expect::Any, value: Some("{}".into()) }]).await.map(drop)
}

#[actix_rt::test]
async fn a_service_writes_its_own_keys_and_reads_all() {
    let server = EtcdServer::start().await.unwrap();
    grant(&server);
    // A second run, as after a restart of the market, changes nothing for those who are logged in.
    let cars = service(&server, "fm-cars");
    write(&cars, "/fm/services/fm-cars/cars-1").await.unwrap();
    grant(&server);
    for name in services() {
        let etcd = service(&server, name);
        for place in ["services", "identity/services", "identity/scopes", "jobs"] {
            write(&etcd, &format!("/fm/{place}/{name}/x")).await.unwrap();
        }
        Keys::in_memory(Purpose::Service(name.into())).unwrap().publish(&etcd).await.unwrap();
        assert!(etcd.list("/fm/services/").await.unwrap().entries.contains_key("/fm/services/fm-cars/cars-1"), "{name}");
    }
    let profile = service(&server, "fm-profile");
    Keys::in_memory(Purpose::Access).unwrap().publish(&profile).await.unwrap();
    write(&profile, "/fm/identity/epochs/u1").await.unwrap();
    write(&service(&server, "fm-gateway"), "/fm/gateway/table/current").await.unwrap();
}

#[actix_rt::test]
async fn no_service_writes_the_keys_of_another() {
    let server = EtcdServer::start().await.unwrap();
    grant(&server);
    for name in services() {
        let etcd = service(&server, name);
        for other in services().into_iter().filter(|other| *other != name) {
            let key = Keys::in_memory(Purpose::Service(other.into())).unwrap();
            assert_eq!(key.publish(&etcd).await.unwrap_err().code(), "registry-refused", "{name} published a key of {other}");
            let refused = write(&etcd, &format!("/fm/services/{other}/x")).await.unwrap_err();
            assert_eq!(refused.code(), "registry-refused", "{name} registered as {other}");
            let refused = write(&etcd, &format!("/fm/identity/scopes/{other}/table")).await.unwrap_err();
            assert_eq!(refused.code(), "registry-refused", "{name} defined scopes of {other}");
        }
        for (owner, key) in
            [("fm-profile", "/fm/identity/access/x"), ("fm-profile", "/fm/identity/epochs/x"), ("fm-gateway", "/fm/gateway/table/current")]
        {
            let written = write(&etcd, key).await;
            assert_eq!(written.is_ok(), name == owner, "{name}: {key}: {written:?}");
        }
        // A name that begins like its own is another's.
        assert!(write(&etcd, &format!("/fm/services/{name}-2/x")).await.is_err(), "{name}");
    }
}

#[actix_rt::test]
async fn nobody_reads_without_a_login_or_with_a_wrong_one() {
    let server = EtcdServer::start().await.unwrap();
    grant(&server);
    for etcd in [Etcd::connect(server.url()).unwrap(), as_user(&server, "fm-cars:wrong"), as_user(&server, "nobody:pw-root")] {
        let refused = etcd.list("/fm/").await.unwrap_err();
        assert!(["registry-login", "registry-refused"].contains(&refused.code()), "{refused:?}");
    }
}
