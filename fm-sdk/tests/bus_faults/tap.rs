use std::sync::{Arc, Mutex, PoisonError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};

/// A forwarder in front of a broker that keeps what clients send to it.
pub struct Tap {
    /// The broker's URL, by way of this forwarder.
    pub url: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    pub async fn start(url: &str) -> Tap {
        let (head, rest) = url.split_once('@').unwrap();
        let (broker, vhost) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tap = Tap { url: format!("{head}@{}/{vhost}", listener.local_addr().unwrap()), sent: Arc::default() };
        let (broker, sent) = (broker.to_owned(), tap.sent.clone());
        actix_rt::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                actix_rt::spawn(forward(client, broker.clone(), sent.clone()));
            }
        });
        tap
    }

    /// How many `basic.publish` methods to the events' exchange have been handed to the broker's socket.
    pub fn publishes(&self) -> usize {
        // AMQP 0-9-1, 4.2.4 and 1.8.3: class 60, method 40, a reserved short, then the exchange's name with its length.
        const PUBLISH: &[u8] = b"\0\x3c\0\x28\0\0\x09fm.events";
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.windows(PUBLISH.len()).filter(|window| *window == PUBLISH).count()
    }
}

async fn forward(client: TcpStream, broker: String, sent: Arc<Mutex<Vec<u8>>>) {
    // A broker that is down is a connection closed at once, as without the forwarder.
    let Ok(broker) = TcpStream::connect(broker).await else { return };
    let ((mut from_client, mut to_client), (mut from_broker, mut to_broker)) = (client.into_split(), broker.into_split());
    let up = async {
        let mut piece = vec![0; 1 << 16];
        while let Ok(n @ 1..) = from_client.read(&mut piece).await {
            if to_broker.write_all(&piece[..n]).await.is_err() {
                break;
            }
            sent.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&piece[..n]);
        }
    };
    // The end of one direction is the end of both.
    tokio::select! { () = up => {}, _ = copy(&mut from_broker, &mut to_client) => {} }
}
