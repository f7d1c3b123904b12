//! One awc client per thread and runtime: awc is not `Send`, and its pooled connections die with their runtime.

use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Connector as Tcp, Resolver};
use actix_web::{
    dev::{Service, fn_service},
    http::Uri,
    rt::net::TcpStream,
};
use std::{cell::RefCell, time::Duration};
use tokio::runtime::{Handle, Id};

/// An instance that does not accept within this time is taken for dead.
const CONNECT: Duration = Duration::from_secs(1);
/// Shorter than a service keeps idle connections, so that it is not the service that closes a connection just as it is used.
const KEEP: Duration = Duration::from_secs(30);

thread_local! {
    static CLIENT: RefCell<Option<(Id, awc::Client)>> = const { RefCell::new(None) };
}

/// Gives this thread's client.
pub(crate) fn client() -> awc::Client {
    let runtime = Handle::current().id();
    CLIENT.with_borrow_mut(|kept| match kept {
        Some((id, client)) if *id == runtime => client.clone(),
        _ => kept.insert((runtime, fresh())).1.clone(),
    })
}

fn fresh() -> awc::Client {
    let tcp = Tcp::new(Resolver::default()).service();
    let connect = fn_service(move |to: ConnectInfo<Uri>| {
        let connecting = tcp.call(to);
        async move {
            let connection: Connection<Uri, TcpStream> = connecting.await?;
            // awc sends head and body in two writes; with Nagle's algorithm the second would wait for a delayed ACK, 40 ms.
            connection.io_ref().set_nodelay(true).map_err(ConnectError::Io)?;
            Ok::<_, ConnectError>(connection)
        }
    });
    let connector = awc::Connector::new().connector(connect).timeout(CONNECT).conn_keep_alive(KEEP);
    awc::Client::builder().connector(connector).disable_redirects().disable_timeout().finish()
}
