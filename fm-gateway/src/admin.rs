//! What operators reach, on a port of its own: health and metrics. What changes the table from outside belongs here, too.

use actix_web::{App, HttpServer, dev::Server};
use fm_sdk::{
    Result, ResultExt,
    health::Health,
    http::{Draining, Observe, routes},
    metrics::Metrics,
};
use std::net::TcpListener;

/// Serves operators on a bound socket.
///
/// # Errors
/// Those of the system, when the socket cannot be used.
pub fn listen(socket: TcpListener, health: Health, metrics: Metrics) -> Result<Server> {
    let server = HttpServer::new(move || {
        // The counters of the routes are those of clients; operators are not counted among them.
        App::new().wrap(Observe::new(Metrics::default(), Draining::default())).configure(routes(health.clone(), metrics.clone()))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(socket).internal()?.run())
}
