use super::*;
use fm_sdk::{
    ConnectionState, Envelope, MessageKind, Transport,
    bus::rabbitmq::{Options, RabbitMq},
};
use fm_sdk_testing::servers::{RabbitMqServer, ServerTls};
use tokio::time::timeout;

fn server(tls: &ServerTls) -> (RabbitMqServer, String) {
    let server = RabbitMqServer::start_with_tls(tls).unwrap();
    let port = server.tls_port().unwrap();
    (server, format!("amqps://guest:guest@localhost:{port}"))
}

fn connect(url: &str, files: &TlsFiles) -> RabbitMq {
    Options::new(url).tls(files.clone()).publish_within(TIMEOUT).connect().unwrap()
}

async fn down(url: &str, files: &TlsFiles) -> String {
    let bus = connect(url, files);
    let mut connection = bus.connection();
    let told = |c: &ConnectionState| matches!(c, ConnectionState::Down(why) if why.contains('['));
    let seen = timeout(TIMEOUT, connection.wait_for(told)).await.expect("is told").unwrap().clone();
    bus.close().await;
    let ConnectionState::Down(why) = seen else { panic!("connected") };
    why
}

#[actix_rt::test]
async fn rabbitmq_is_used_by_tls_with_a_client_certificate() {
    let authority = Authority::new();
    let (server, url) = server(&authority.server(HERE, &Validity::Now));
    let plain = server.url_for_vhost().unwrap();
    let bus = connect(&format!("{url}/{}", plain.rsplit('/').next().unwrap()), &authority.client());
    // Larger than what a socket takes at once, so that writes are cut anywhere.
    for size in [1, 100_000, 10_000_000] {
        let event = Envelope::new(MessageKind::Event, "thing.happened", &"x".repeat(size), "fm-test").unwrap();
        bus.publish(event).await.unwrap();
    }
    let unanswered = Envelope::new(MessageKind::Call, "fm-nobody/home", &(), "fm-test").unwrap();
    assert_eq!(bus.request(unanswered, TIMEOUT).await.unwrap_err().kind(), fm_sdk::Kind::Unroutable);
    server.wait_for_leaders(&plain).unwrap();
    server.restart().unwrap();
    bus.publish(Envelope::new(MessageKind::Event, "thing.happened", &1, "fm-test").unwrap()).await.unwrap();
    bus.close().await;
}

#[actix_rt::test]
async fn the_depths_of_queues_are_read_by_tls_and_missing_ones_are_left_out() {
    let authority = Authority::new();
    let (server, url) = server(&authority.server(HERE, &Validity::Now));
    let plain = server.url_for_vhost().unwrap();
    let url = format!("{url}/{}", plain.rsplit('/').next().unwrap());
    let bus = RabbitMq::connect_with(&url, &authority.client()).unwrap();
    for n in 0..2 {
        // Nobody listens to it.
        bus.publish(Envelope::new(MessageKind::Event, "thing.happened", &n, "fm-test").unwrap()).await.unwrap();
    }
    let names = ["fm.missing", "fm.unrouted", "fm.missing.too"].map(String::from).to_vec();
    let depths = bus.queue_depths(names).await.unwrap();
    let depths: Vec<_> = depths.iter().map(|queue| (queue.name.as_str(), queue.messages, queue.consumers)).collect();
    assert_eq!(depths, [("fm.unrouted", 2, 0)]);
    bus.close().await;
    let untrusted = RabbitMq::connect_with(&url, &TlsFiles { authorities: None, ..authority.client() }).unwrap();
    let refused = untrusted.queue_depths(vec!["fm.unrouted".into()]).await.unwrap_err();
    assert!(refused.kind() == fm_sdk::Kind::Unavailable && refused.message().contains("[tls-untrusted]"), "{refused}");
    untrusted.close().await;
}

#[actix_rt::test]
async fn each_fault_of_a_certificate_has_a_code_of_its_own_at_the_broker() {
    let (authority, another) = (Authority::new(), Authority::new());
    let client = authority.client();
    let (good, url) = server(&authority.server(HERE, &Validity::Now));
    let plain = good.url().replace("amqp://", "amqps://").replace("127.0.0.1", "localhost");
    for (url, files, code) in [
        (&url, trusting_another(&client, &another), "[tls-untrusted]"),
        (&url, TlsFiles { authorities: None, ..client.clone() }, "[tls-untrusted]"),
        (&url, showing_none(&client), "[tls-refused]"),
        (&url, showing_anothers(&client, &another), "[tls-refused]"),
        (&plain, client.clone(), "[tls-none]"),
        (&url.replace("guest:guest", "guest:wrong"), client.clone(), "[bus-login]"),
        (&url.replace("guest:guest", "nobody:guest"), client.clone(), "[bus-login]"),
        (&format!("{url}/not-ours"), client.clone(), "[bus-refused]"),
    ] {
        let why = down(url, &files).await;
        assert!(why.contains(code), "{code}: {why}");
    }
}

#[actix_rt::test]
async fn an_expired_certificate_of_the_broker_and_one_for_another_name_are_refused() {
    let authority = Authority::new();
    let client = authority.client();
    for (tls, code) in [
        (authority.server(HERE, &Validity::Expired), "[tls-expired]"),
        (authority.server("DNS:rabbitmq.example", &Validity::Now), "[tls-name]"),
    ] {
        let (_server, url) = server(&tls);
        let why = down(&url, &client).await;
        assert!(why.contains(code), "{code}: {why}");
    }
}
