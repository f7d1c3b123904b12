use hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    net::SocketAddr,
    rc::Rc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
    task::JoinHandle,
};

/// A name server that knows what a test tells it, over UDP and TCP.
pub struct NameServer {
    pub address: SocketAddr,
    known: Rc<Known>,
    tasks: [JoinHandle<()>; 2],
}

/// A name, and a type of records.
type Key = (String, RecordType);
/// Time to live in seconds, and the records.
type Records = (u32, Vec<RData>);

#[derive(Default)]
struct Known {
    zone: RefCell<HashMap<Key, Records>>,
    /// How often each was asked for.
    asked: RefCell<HashMap<Key, usize>>,
    is_failing: Cell<bool>,
}

impl NameServer {
    pub async fn start() -> NameServer {
        let (socket, listener) = loop {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            // Somebody else may have the port there.
            if let Ok(listener) = TcpListener::bind(socket.local_addr().unwrap()).await {
                break (socket, listener);
            }
        };
        let (address, known) = (socket.local_addr().unwrap(), Rc::<Known>::default());
        let tasks = [actix_rt::spawn(serve(socket, known.clone())), actix_rt::spawn(accept(listener, known.clone()))];
        NameServer { address, known, tasks }
    }

    /// The records of a name and a type, from now on; without any the name does not exist.
    pub fn set(&self, name: &str, kind: RecordType, ttl: u32, records: Vec<RData>) {
        self.known.zone.borrow_mut().insert((name.into(), kind), (ttl, records));
    }

    /// Addresses that must be asked for anew at once.
    pub fn set_addresses(&self, name: &str, addresses: &[&str]) {
        let records = addresses.iter().map(|address| RData::A(address.parse().unwrap()));
        self.set(name, RecordType::A, 0, records.collect());
    }

    /// Answers that it cannot answer.
    pub fn fail(&self, is_failing: bool) {
        self.known.is_failing.set(is_failing);
    }

    /// How often it was asked for a name and type.
    pub fn asked(&self, name: &str, kind: RecordType) -> usize {
        self.known.asked.borrow().get(&(name.into(), kind)).copied().unwrap_or_default()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn serve(socket: UdpSocket, known: Rc<Known>) {
    let mut buffer = [0; 1024];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let asked = Message::from_vec(&buffer[..length]).unwrap();
        let _ = socket.send_to(&known.answer(&asked).to_vec().unwrap(), from).await;
    }
}

async fn accept(listener: TcpListener, known: Rc<Known>) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let known = known.clone();
        actix_rt::spawn(async move {
            // Each message has its length in front (RFC 1035, 4.2.2).
            while let Ok(length) = stream.read_u16().await {
                let mut asked = vec![0; length.into()];
                stream.read_exact(&mut asked).await.unwrap();
                let answer = known.answer(&Message::from_vec(&asked).unwrap()).to_vec().unwrap();
                stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        });
    }
}

impl Known {
    fn answer(&self, asked: &Message) -> Message {
        let query = &asked.queries[0];
        let name: Name = query.name().clone();
        let key = (name.to_ascii().trim_end_matches('.').to_lowercase(), query.query_type());
        *self.asked.borrow_mut().entry(key.clone()).or_default() += 1;
        let mut answer = Message::response(asked.metadata.id, OpCode::Query);
        answer.add_query(query.clone());
        if self.is_failing.get() {
            answer.metadata.response_code = ResponseCode::ServFail;
            return answer;
        }
        match self.zone.borrow().get(&key) {
            Some((ttl, records)) if !records.is_empty() => {
                answer.add_answers(records.iter().map(|data| Record::from_rdata(name.clone(), *ttl, data.clone())));
            }
            _ => answer.metadata.response_code = ResponseCode::NXDomain,
        }
        answer
    }
}
