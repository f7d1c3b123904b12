//! What a gateway holds in memory: with many routes, with many idle connections, and after they are gone.

use super::{
    Ring,
    contender::get,
    fm_gateway::{FmGateway, Node},
};
use crate::{Result, figure::Figure, load::Connection, process::resident};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::{
    net::{IpAddr, Ipv4Addr},
    thread,
    time::{Duration, Instant},
};

const ROUTES: usize = 1000;
const CONNECTIONS: usize = 5000;
/// The gateway bounds the connections of one address; so many come from each.
const PER_ADDRESS: usize = 500;
/// How long connections do nothing before they count as idle, and how long whoever is gone is gone; one that is idle is closed after 60 s.
const IDLE: Duration = Duration::from_secs(8);
/// Requests after which the memory for traces (20 MiB) is full.
const REMEMBERED: usize = 40_000;
/// The most that may stay of what connections have taken, of all memory before them.
const MAX_LEFT: f64 = 1.1;

/// Measures gateways that were just started.
pub(super) fn measure(ring: &Ring, gateway: &FmGateway) -> Result<()> {
    allow_connections()?;
    let of = |what: String, mib: f64| Figure::new("gateway", what, format!("{mib:.1} MiB"));
    let node = gateway.another(ring, "memory", &[])?;
    answers(&node, "/bare/cars/1")?;
    of("memory of fm-gateway when it has started".into(), resident(&node.pids)).print();
    let path = gateway.put_routes(ROUTES)?;
    answers(&node, &path)?;
    let with_routes = resident(&node.pids);
    of(format!("the same with {ROUTES} routes"), with_routes).print();
    let connections = open(&node)?;
    thread::sleep(IDLE);
    let with_connections = resident(&node.pids);
    drop(connections);
    let each = (with_connections - with_routes) * 1024.0 / CONNECTIONS as f64;
    of(format!("the same with {CONNECTIONS} idle connections, {each:.1} KiB each"), with_connections)
        .goal("<= 60 MiB", with_connections <= 60.0)
        .print();
    come_and_go(ring, gateway, &path)?;
    gateway.put_routes(0).map(drop)
}

/// What many connections leave behind in a gateway that has carried so many requests before that it remembers no more of them.
fn come_and_go(ring: &Ring, gateway: &FmGateway, path: &str) -> Result<()> {
    let node = gateway.another(ring, "come-and-go", &[])?;
    answers(&node, path)?;
    let (mut connection, request) = (Connection::open(node.address)?, get(node.address, "/bare/cars/1", None));
    for _ in 0..REMEMBERED {
        connection.send(request.bytes())?;
    }
    thread::sleep(IDLE);
    let before = resident(&node.pids);
    drop(open(&node)?);
    drop(open(&node)?);
    thread::sleep(IDLE);
    let after = resident(&node.pids);
    let what = format!("memory before, and {} s after {} connections have come and gone", IDLE.as_secs(), 2 * CONNECTIONS);
    let value = format!("{before:.1} MiB, {after:.1} MiB, which is {:.2} of it", after / before);
    Figure::new("gateway", what, value).goal(format!("<= {MAX_LEFT}"), after / before <= MAX_LEFT).print();
    Ok(())
}

/// Lets this process, and gateways that it starts, have as many descriptors as the system allows.
fn allow_connections() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// Waits until a route is in force.
fn answers(node: &Node, path: &str) -> Result<()> {
    let (mut connection, request) = (Connection::open(node.address)?, get(node.address, path, None));
    let until = Instant::now() + Duration::from_secs(15);
    while connection.send(request.bytes())? != 200 {
        if Instant::now() > until {
            return Err(format!("{path} is not in force after 15 s").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Opens connections, each of which has carried a request.
fn open(node: &Node) -> Result<Vec<Connection>> {
    let request = get(node.address, "/bare/cars/1", None);
    let one = |n: usize| {
        let from = Ipv4Addr::LOCALHOST.to_bits() + 1 + (n / PER_ADDRESS) as u32;
        let mut connection = Connection::open_from(Some(IpAddr::V4(Ipv4Addr::from_bits(from))), node.address)?;
        match connection.send(request.bytes())? {
            200 => Ok(connection),
            status => Err(format!("connection {n}: status {status}").into()),
        }
    };
    (0..CONNECTIONS).map(one).collect()
}
