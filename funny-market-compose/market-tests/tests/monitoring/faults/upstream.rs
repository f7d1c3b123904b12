//! Instances of services that do not exist, which fail in one way each.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

pub const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
pub const CUT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\nconnection: close\r\n\r\nok";
pub const NOTHING: &[u8] = b"";

/// Starts one that sends these bytes after the head of a request, and closes the connection. Returns its address.
pub fn that_answers(bytes: &'static [u8]) -> String {
    listen(move |mut client| {
        read_head(&client);
        let _ = client.write_all(bytes); // a gateway that has gone away wants no answer
    })
}

/// Starts one that never answers. Returns its address.
pub fn that_hangs() -> String {
    listen(|client| {
        // Until the gateway closes the connection.
        while !read_head(&client).is_empty() {}
    })
}

/// Each connection has a thread; the threads end with the test's process.
fn listen(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(client));
        }
    });
    url
}

/// The lines up to an empty one, or to the end.
fn read_head(client: &TcpStream) -> Vec<String> {
    BufReader::new(client).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect()
}
