//! A TCP proxy in front of a part of the market: it passes everything on, swallows everything, cuts connections, or delays requests.

use socket2::SockRef;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

/// What a proxy does with its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Open,
    /// Everything that comes is swallowed; nobody is told.
    BlackHole,
    /// Connections are cut, and new ones too.
    Reset,
}

/// Returns the port to connect to. It may not be known before the first connection comes.
pub type Target = Box<dyn Fn() -> io::Result<u16> + Send + Sync>;

/// A proxy that works until the process ends.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: Target,
    /// How late what clients send arrives.
    delay: Duration,
    mode: Mutex<Mode>,
    changed: Condvar,
    connections: Mutex<Vec<Weak<TcpStream>>>,
}

impl Proxy {
    /// Listens on a port of loopback; 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken.
    pub fn listen(port: u16, target: Target) -> io::Result<Self> {
        Self::delayed(port, Duration::ZERO, target)
    }

    /// Listens on a port of loopback, and passes on late what clients send; answers come back at once.
    ///
    /// # Errors
    /// The port is taken.
    pub fn delayed(port: u16, delay: Duration, target: Target) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let port = listener.local_addr()?.port();
        let mode = Mutex::new(Mode::Open);
        let shared = Arc::new(Shared { target, delay, mode, changed: Condvar::new(), connections: Mutex::default() });
        let proxy = Self { port, shared: shared.clone() };
        spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = shared.clone();
                let _ = spawn(move || shared.serve(client)); // without a thread the client is refused
            }
        })?;
        Ok(proxy)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what happens to connections, those that exist and new ones.
    pub fn set(&self, mode: Mode) {
        *lock(&self.shared.mode) = mode;
        self.shared.changed.notify_all();
        if mode == Mode::Reset {
            for stream in lock(&self.shared.connections).drain(..).filter_map(|stream| stream.upgrade()) {
                reset(&stream);
            }
        }
    }
}

/// Returns the URL of a proxy that passes requests on late, to a URL that is asked for each connection, so that the proxy can be there
/// before the server is.
///
/// # Panics
/// When there is no free port.
pub fn slow_way(delay: Duration, to: impl Fn() -> String + Send + Sync + 'static) -> String {
    let target = move || {
        let url = to();
        let port = url.rsplit_once(':').and_then(|(_, port)| port.trim_end_matches('/').parse().ok());
        port.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("no port in {url:?}")))
    };
    let proxy = Proxy::delayed(0, delay, Box::new(target)).unwrap_or_else(|error| panic!("no free port: {error}"));
    format!("http://127.0.0.1:{}", proxy.port())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Returns when bytes may pass; `false` if the connection is to be cut.
    fn may_pass(&self) -> bool {
        let mut mode = lock(&self.mode);
        while *mode == Mode::BlackHole {
            mode = self.changed.wait(mode).unwrap_or_else(PoisonError::into_inner);
        }
        *mode == Mode::Open
    }

    fn serve(&self, client: TcpStream) {
        let client = Arc::new(client);
        if !self.may_pass() {
            return reset(&client);
        }
        let Ok(server) = (self.target)().and_then(|port| TcpStream::connect(("127.0.0.1", port))) else { return reset(&client) };
        let server = Arc::new(server);
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true);
        }
        let mut connections = lock(&self.connections);
        connections.retain(|stream| stream.strong_count() > 0);
        connections.extend([Arc::downgrade(&client), Arc::downgrade(&server)]);
        drop(connections);
        thread::scope(|scope| {
            scope.spawn(|| self.pump(&client, &server, self.delay));
            self.pump(&server, &client, Duration::ZERO);
        });
    }

    fn pump(&self, mut from: &TcpStream, mut to: &TcpStream, delay: Duration) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = from.read(&mut buffer);
            // The delay is what a slow proxy is for.
            thread::sleep(delay);
            match read {
                Ok(0) => break drop(to.shutdown(Shutdown::Write)),
                Ok(n) if self.may_pass() && to.write_all(&buffer[..n]).is_ok() => {}
                _ => {
                    reset(from);
                    break reset(to);
                }
            }
        }
    }
}

fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    let _ = stream.shutdown(Shutdown::Both);
}

/// Two threads per connection: small stacks do.
fn spawn(f: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().stack_size(128 * 1024).spawn(f).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Caller;
    use std::time::Instant;

    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || io::copy(&mut &stream, &mut &stream));
            }
        });
        port
    }
    fn proxy_to(port: u16) -> (Proxy, u16) {
        let proxy = Proxy::listen(0, Box::new(move || Ok(port))).unwrap();
        let port = proxy.port();
        (proxy, port)
    }
    fn says_back(stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(b"hello")?;
        stream.read_exact(&mut [0; 5])
    }
    fn client(port: u16) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    #[test]
    fn an_open_proxy_lets_everything_pass() {
        let (_proxy, port) = proxy_to(echo());
        says_back(&mut client(port)).unwrap();
    }

    #[test]
    fn a_reset_cuts_existing_and_new_connections() {
        let (proxy, port) = proxy_to(echo());
        let mut old = client(port);
        says_back(&mut old).unwrap();
        proxy.set(Mode::Reset);
        assert!(says_back(&mut old).is_err());
        assert!(says_back(&mut client(port)).is_err());
        proxy.set(Mode::Open);
        says_back(&mut client(port)).unwrap();
    }

    #[test]
    fn a_black_hole_swallows_everything_until_it_is_opened() {
        let (proxy, port) = proxy_to(echo());
        let mut old = client(port);
        says_back(&mut old).unwrap();
        proxy.set(Mode::BlackHole);
        old.write_all(b"hello").unwrap();
        old.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let asked = Instant::now();
        assert!(old.read_exact(&mut [0; 5]).is_err());
        assert!(asked.elapsed() >= Duration::from_millis(200), "told at once");
        proxy.set(Mode::Open);
        old.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        old.read_exact(&mut [0; 5]).unwrap();
    }

    #[test]
    fn a_connection_to_a_dead_server_is_cut() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (_proxy, port) = proxy_to(nobody);
        assert!(says_back(&mut client(port)).is_err());
    }

    #[test]
    fn a_slow_proxy_delays_requests_and_not_answers() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let url = slow_way(Duration::from_millis(80), move || format!("http://{address}"));
        thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
        });
        let began = Instant::now();
        assert_eq!(Caller::new(url).get("/").expect(200).text(), "hi");
        assert!(began.elapsed() >= Duration::from_millis(80));
    }
}
