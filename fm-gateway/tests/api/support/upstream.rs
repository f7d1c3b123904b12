use super::client::find;
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A service of raw bytes: what it answers, and whether that is HTTP, is the test's affair.
pub struct Upstream {
    pub address: SocketAddr,
    /// All requests, head and body as they came.
    pub seen: Rc<RefCell<Vec<String>>>,
    /// Connections that were opened, and that have ended.
    pub opened: Rc<Cell<usize>>,
    pub ended: Rc<Cell<usize>>,
    task: JoinHandle<()>,
    connections: Rc<RefCell<Vec<JoinHandle<()>>>>,
}

/// One connection of an upstream.
pub struct Connection {
    pub io: TcpStream,
    pub input: Vec<u8>,
    seen: Rc<RefCell<Vec<String>>>,
}

impl Upstream {
    /// Runs the script for each connection.
    pub async fn start<F: Future<Output = ()> + 'static>(script: impl Fn(Connection) -> F + 'static) -> Upstream {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script).await
    }

    async fn start_at<F: Future<Output = ()> + 'static>(address: SocketAddr, script: impl Fn(Connection) -> F + 'static) -> Upstream {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, opened, ended) = (Rc::<RefCell<Vec<String>>>::default(), Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let connections: Rc<RefCell<Vec<JoinHandle<()>>>> = Rc::default();
        let connections2 = connections.clone();
        let (seen2, opened2, ended2) = (seen.clone(), opened.clone(), ended.clone());
        let task = actix_rt::spawn(async move {
            loop {
                let (io, _) = listener.accept().await.unwrap();
                let connection = Connection { io, input: Vec::new(), seen: seen2.clone() };
                opened2.set(opened2.get() + 1);
                let (script, ended) = (script(connection), ended2.clone());
                connections2.borrow_mut().push(actix_rt::spawn(async move {
                    script.await;
                    ended.set(ended.get() + 1);
                }));
            }
        });
        Upstream { address, seen, opened, ended, task, connections }
    }

    /// Answers every request with these bytes.
    pub async fn answering(answer: impl Into<String>) -> Upstream {
        Self::answering_at("127.0.0.1:0".parse().unwrap(), answer).await
    }

    /// The same at this address.
    pub async fn answering_at(address: SocketAddr, answer: impl Into<String>) -> Upstream {
        let answer: Rc<str> = answer.into().into();
        Self::start_at(address, move |mut connection| {
            let answer = answer.clone();
            async move {
                while connection.request().await.is_some() {
                    connection.write(&*answer).await;
                }
            }
        })
        .await
    }

    /// Answers the first request of each connection with these bytes, and closes.
    pub async fn answering_once(answer: impl Into<String>) -> Upstream {
        let answer: Rc<str> = answer.into().into();
        Self::start(move |mut connection| {
            let answer = answer.clone();
            async move {
                connection.request().await;
                connection.write(&*answer).await;
            }
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.seen.borrow().len()
    }

    pub fn last(&self) -> String {
        self.seen.borrow().last().expect("nothing was asked").clone()
    }

    /// Takes the port away; open connections stay.
    pub fn close(&self) {
        self.task.abort();
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&self) {
        self.task.abort();
        self.connections.borrow_mut().drain(..).for_each(|connection| connection.abort());
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    /// Reads one request, head and body; `None` at the end.
    pub async fn request(&mut self) -> Option<String> {
        let head = self.request_head().await?;
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|l| l.strip_prefix("content-length: ")).map(|l| l.parse::<usize>().unwrap());
        let mut body = Vec::new();
        if let Some(length) = length {
            while self.input.len() < length {
                self.more().await.then_some(())?;
            }
            body = self.input.drain(..length).collect();
        } else if lower.contains("\ntransfer-encoding: chunked") {
            let end = loop {
                if let Some(end) = end_of_chunks(&self.input) {
                    break end;
                }
                self.more().await.then_some(())?;
            };
            body = self.input.drain(..end).collect();
        }
        let request = format!("{head}{}", String::from_utf8_lossy(&body));
        *self.seen.borrow_mut().last_mut().unwrap() = request.clone();
        Some(request)
    }

    /// Reads the head of a request.
    pub async fn request_head(&mut self) -> Option<String> {
        let end = loop {
            if let Some(at) = find(&self.input, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await.then_some(())?;
        };
        let head = String::from_utf8_lossy(&self.input.drain(..end).collect::<Vec<u8>>()).into_owned();
        self.seen.borrow_mut().push(head.clone());
        Some(head)
    }

    pub async fn write(&mut self, text: impl AsRef<[u8]>) {
        let _ = self.io.write_all(text.as_ref()).await;
    }

    /// Waits until the other side closes.
    pub async fn closed(&mut self) {
        while self.more().await {
            self.input.clear();
        }
    }

    async fn more(&mut self) -> bool {
        self.io.read_buf(&mut self.input).await.is_ok_and(|n| n > 0)
    }
}

/// Where a body in chunks without trailers ends, if all of it is there. A chunk may have anything in it.
fn end_of_chunks(input: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = find(&input[at..], b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&input[at..at + line]).unwrap(), 16).unwrap();
        at += line + 2 + size + 2;
        if at > input.len() {
            return None;
        }
        if size == 0 {
            return Some(at);
        }
    }
}

/// A plain answer with a length.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
