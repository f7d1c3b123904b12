use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// A way to an instance that takes longer: what its clients send arrives late, what it answers comes back at once. Where it leads is asked
/// anew for each connection, so that it can be there before the instance is. It stays until the process ends.
///
/// # Panics
/// When there is no free port.
pub fn slow_way(late: Duration, to: impl Fn() -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no free port: {error}"));
    let url = listener.local_addr().map(|address| format!("http://{address}"));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(to().trim_start_matches("http://")) else { continue };
            let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else { continue };
            thread::spawn(move || carry(from_client, server, late));
            thread::spawn(move || carry(from_server, client, Duration::ZERO));
        }
    });
    url.unwrap_or_else(|error| panic!("{error}"))
}

fn carry(mut from: TcpStream, mut to: TcpStream, late: Duration) {
    let mut piece = [0; 16 * 1024];
    let _ = to.set_nodelay(true);
    while let Ok(read @ 1..) = from.read(&mut piece) {
        // The delay is what this is for.
        thread::sleep(late);
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
}

#[cfg(test)]
mod tests {
    use super::slow_way;
    use crate::Market;
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
        time::{Duration, Instant},
    };

    #[test]
    fn what_is_asked_arrives_late_and_is_answered() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let url = slow_way(Duration::from_millis(80), move || format!("http://{address}"));
        thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
        });
        let began = Instant::now();
        assert_eq!(Market::running().at_url(&url).get("/").expect(200).text(), "hi");
        assert!(began.elapsed() >= Duration::from_millis(80));
    }
}
