//! A door in front of a part of the market: a TCP proxy that can be shut.

use socket2::SockRef;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    thread,
    time::Duration,
};

/// How a door treats who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// Everything that comes is swallowed; nobody is told.
    BlackHole,
    /// Connections are cut, and new ones too.
    Reset,
}

/// Where a door leads to. It may not be known before the first connection comes.
pub type Target = Box<dyn Fn() -> io::Result<u16> + Send + Sync>;

pub struct Door {
    shared: Arc<Shared>,
}

struct Shared {
    target: Target,
    state: Mutex<State>,
    changed: Condvar,
    open: Mutex<Vec<Weak<TcpStream>>>,
}

impl Door {
    /// Listens on a port of loopback.
    ///
    /// # Errors
    /// The port is taken.
    pub fn open(port: u16, target: Target) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let shared = Arc::new(Shared { target, state: Mutex::new(State::Open), changed: Condvar::new(), open: Mutex::default() });
        let door = Door { shared: shared.clone() };
        spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = shared.clone();
                let _ = spawn(move || shared.serve(client)); // without a thread the visitor is turned away
            }
        })?;
        Ok(door)
    }

    /// Shuts or opens it, for connections that there are and for new ones.
    pub fn set(&self, state: State) {
        *self.shared.state() = state;
        self.shared.changed.notify_all();
        if state == State::Reset {
            for stream in self.shared.open().drain(..).filter_map(|stream| stream.upgrade()) {
                reset(&stream);
            }
        }
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn open(&self) -> std::sync::MutexGuard<'_, Vec<Weak<TcpStream>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when bytes may pass; `false` if the connection is to be cut.
    fn may_pass(&self) -> bool {
        let mut state = self.state();
        while *state == State::BlackHole {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        *state == State::Open
    }

    fn serve(&self, client: TcpStream) {
        let client = Arc::new(client);
        if !self.may_pass() {
            return reset(&client);
        }
        // Who knocks where nobody lives is told so.
        let Ok(server) = (self.target)().and_then(|port| TcpStream::connect(("127.0.0.1", port))) else { return reset(&client) };
        let server = Arc::new(server);
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true);
        }
        let mut open = self.open();
        open.retain(|stream| stream.strong_count() > 0);
        open.extend([Arc::downgrade(&client), Arc::downgrade(&server)]);
        drop(open);
        thread::scope(|scope| {
            scope.spawn(|| self.pump(&client, &server));
            self.pump(&server, &client);
        });
    }

    fn pump(&self, mut from: &TcpStream, mut to: &TcpStream) {
        let mut buffer = [0; 16 * 1024];
        loop {
            match from.read(&mut buffer) {
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
    fn door_to(port: u16) -> (Door, u16) {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        (Door::open(free, Box::new(move || Ok(port))).unwrap(), free)
    }
    fn says_back(stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(b"hello")?;
        stream.read_exact(&mut [0; 5])
    }
    fn visitor(port: u16) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    #[test]
    fn an_open_door_lets_everything_pass() {
        let (_door, port) = door_to(echo());
        says_back(&mut visitor(port)).unwrap();
    }

    #[test]
    fn a_reset_cuts_old_connections_and_new_ones() {
        let (door, port) = door_to(echo());
        let mut old = visitor(port);
        says_back(&mut old).unwrap();
        door.set(State::Reset);
        assert!(says_back(&mut old).is_err());
        assert!(says_back(&mut visitor(port)).is_err());
        door.set(State::Open);
        says_back(&mut visitor(port)).unwrap();
    }

    #[test]
    fn a_black_hole_swallows_until_it_is_opened() {
        let (door, port) = door_to(echo());
        let mut old = visitor(port);
        says_back(&mut old).unwrap();
        door.set(State::BlackHole);
        old.write_all(b"hello").unwrap();
        old.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let asked = Instant::now();
        assert!(old.read_exact(&mut [0; 5]).is_err());
        assert!(asked.elapsed() >= Duration::from_millis(200), "told at once");
        door.set(State::Open);
        old.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        old.read_exact(&mut [0; 5]).unwrap();
    }

    #[test]
    fn behind_an_open_door_may_be_nobody() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (_door, port) = door_to(nobody);
        assert!(says_back(&mut visitor(port)).is_err());
    }
}
