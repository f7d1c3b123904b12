//! One awc client per thread and runtime: awc is not `Send`, and its pooled connections die with their runtime.

use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Resolver, tcp::TcpConnector};
use actix_web::{
    dev::{Service, fn_service},
    http::Uri,
    rt::net::TcpStream,
};
use futures::{StreamExt, stream::FuturesUnordered};
use std::{cell::RefCell, io, net::SocketAddr, time::Duration};
use tokio::{
    runtime::{Handle, Id},
    time::{sleep, timeout},
};

/// A name that is not resolved within this time is taken for unknown.
const RESOLVE: Duration = Duration::from_secs(2);
/// An address that does not accept within this time is taken for dead.
const CONNECT: Duration = Duration::from_secs(1);
/// After this time the next address is tried beside the one that has not accepted yet (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);
/// Bounds all attempts together.
const CONNECT_IN_ALL: Duration = Duration::from_millis(2_900);
/// Shorter than a service keeps idle connections, so that it is not the service that closes a connection just as it is used.
const KEEP: Duration = Duration::from_secs(30);

thread_local! {
    static CLIENTS: RefCell<Option<(Id, Clients)>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct Clients {
    pooled: awc::Client,
    unpooled: awc::Client,
}

/// Gives this thread's client, which keeps its connections.
pub(crate) fn pooled() -> awc::Client {
    clients().pooled
}

/// Gives this thread's client that connects anew each time.
pub(crate) fn unpooled() -> awc::Client {
    clients().unpooled
}

fn clients() -> Clients {
    let runtime = Handle::current().id();
    CLIENTS.with_borrow_mut(|kept| match kept {
        Some((id, clients)) if *id == runtime => clients.clone(),
        _ => kept.insert((runtime, Clients { pooled: client(KEEP), unpooled: client(Duration::ZERO) })).1.clone(),
    })
}

fn client(keep: Duration) -> awc::Client {
    let resolver = Resolver::default().service();
    let connect = fn_service(move |to: ConnectInfo<Uri>| {
        let uri = to.request().clone();
        let resolving = resolver.call(to);
        async move {
            let resolved = timeout(RESOLVE, resolving).await.map_err(|_| late("the name was not resolved in time"))??;
            let connection = connect_to_any(uri, resolved.addrs().collect()).await?;
            // awc sends head and body in two writes; with Nagle's algorithm the second would wait for a delayed ACK, 40 ms.
            connection.io_ref().set_nodelay(true).map_err(ConnectError::Io)?;
            Ok::<_, ConnectError>(connection)
        }
    });
    let connector = awc::Connector::new().connector(connect).timeout(CONNECT_IN_ALL).conn_keep_alive(keep);
    awc::Client::builder().connector(connector).disable_redirects().disable_timeout().finish()
}

/// Tries the addresses of a name, each a little after the one before, and takes what is accepted first: one of two servers that has just
/// been taken away answers nothing at all, and must not use up the time of the other.
async fn connect_to_any(uri: Uri, addresses: Vec<SocketAddr>) -> Result<Connection<Uri, TcpStream>, ConnectError> {
    let tcp = TcpConnector::default().service();
    let (mut attempts, mut addresses) = (FuturesUnordered::new(), addresses.into_iter().peekable());
    let mut last = ConnectError::NoRecords;
    loop {
        if let Some(address) = addresses.next() {
            attempts.push(timeout(CONNECT, tcp.call(ConnectInfo::with_addr(uri.clone(), address))));
        }
        let done = tokio::select! {
            done = attempts.next() => done,
            () = sleep(NEXT_ADDRESS), if addresses.peek().is_some() => continue,
        };
        match done {
            Some(Ok(Ok(connection))) => return Ok(connection),
            Some(Ok(Err(refused))) => last = refused,
            Some(Err(_)) => last = late("the connection was not accepted in time"),
            None => return Err(last),
        }
    }
}

fn late(what: &'static str) -> ConnectError {
    ConnectError::Io(io::Error::new(io::ErrorKind::TimedOut, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use tokio::net::TcpSocket;

    fn uri() -> Uri {
        Uri::from_static("http://service:8080/")
    }

    /// An address that neither accepts nor refuses: its queue is full, so that the kernel drops whoever asks.
    async fn silent() -> (SocketAddr, tokio::net::TcpListener, Vec<tokio::net::TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(Ok(stream)) = timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await {
            waiting.push(stream);
        }
        (address, listener, waiting)
    }

    #[actix_rt::test]
    async fn a_server_that_is_silent_or_gone_leaves_time_for_the_next_one() {
        let (silent, _listener, _waiting) = silent().await;
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let up = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = up.local_addr().unwrap();
        let connection = connect_to_any(uri(), vec![gone, silent, address]).await.unwrap();
        assert_eq!(connection.io_ref().peer_addr().unwrap(), address);
    }

    #[actix_rt::test]
    async fn a_name_without_a_server_that_accepts_says_why() {
        assert!(matches!(connect_to_any(uri(), vec![]).await, Err(ConnectError::NoRecords)));
        let (silent, _listener, _waiting) = silent().await;
        let Err(ConnectError::Io(error)) = connect_to_any(uri(), vec![silent]).await else { panic!("connected to nobody") };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
