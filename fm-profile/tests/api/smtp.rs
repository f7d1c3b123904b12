//! A mail server: the session of RFC 5321 is the crate `mailin`'s, this is its socket and its mailbox.

use fm_profile::Transport;
use mailin::{Action, Handler, Response, Session, SessionBuilder, response};
use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A mail that the server has taken.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: Vec<String>,
    /// As it came: header lines, an empty line, the text.
    pub source: String,
}

impl Mail {
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let line = self.source.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.source))
    }
    /// The text, out of whatever encoding it came in.
    #[track_caller]
    pub fn text(&self) -> String {
        let (_, body) = self.source.split_once("\r\n\r\n").unwrap();
        match self.header("Content-Transfer-Encoding").as_str() {
            "quoted-printable" => {
                let bytes = quoted_printable::decode(body, quoted_printable::ParseMode::Strict).unwrap();
                String::from_utf8(bytes).unwrap()
            }
            "7bit" => body.into(),
            other => panic!("{other}"),
        }
    }
    /// The token of the link that leads there.
    #[track_caller]
    pub fn token(&self, page: &str) -> String {
        let text = self.text();
        let start = format!("https://market.example/{page}?token=");
        let (_, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no {start} in {text}"));
        rest.split_whitespace().next().unwrap().to_owned()
    }
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    /// What it answers to the next recipients, instead of taking them.
    refusals: VecDeque<Response>,
    attempts: usize,
}

/// A mail server on a port of its own, as long as the test runs.
pub struct SmtpServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl SmtpServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let of_sessions = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mailbox = Mailbox { state: of_sessions.clone(), to: Vec::new(), source: Vec::new() };
                // A client that breaks off ends its session.
                thread::spawn(move || stream.and_then(|stream| serve(&stream, mailbox)));
            }
        });
        SmtpServer { address, state }
    }
    pub fn transport(&self) -> Transport {
        format!("smtp://{}", self.address).parse().unwrap()
    }
    pub fn mails(&self) -> Vec<Mail> {
        self.state.lock().unwrap().mails.clone()
    }
    #[track_caller]
    pub fn last(&self) -> Mail {
        self.mails().pop().unwrap()
    }
    /// How many mails somebody tried to hand over.
    pub fn attempts(&self) -> usize {
        self.state.lock().unwrap().attempts
    }
    /// Refuses the next mails with this code.
    pub fn refuse(&self, times: usize, code: u16) {
        self.state.lock().unwrap().refusals.extend(vec![Response::custom(code, "not now".into()); times]);
    }
}

struct Mailbox {
    state: Arc<Mutex<State>>,
    to: Vec<String>,
    source: Vec<u8>,
}

impl Handler for Mailbox {
    fn rcpt(&mut self, to: &str) -> Response {
        let mut state = self.state.lock().unwrap();
        state.attempts += 1;
        if let Some(refusal) = state.refusals.pop_front() {
            return refusal;
        }
        self.to.push(to.into());
        response::OK
    }
    fn data(&mut self, buf: &[u8]) -> io::Result<()> {
        self.source.extend_from_slice(buf);
        Ok(())
    }
    fn data_end(&mut self) -> Response {
        let source = String::from_utf8(std::mem::take(&mut self.source)).unwrap();
        self.state.lock().unwrap().mails.push(Mail { to: std::mem::take(&mut self.to), source });
        response::OK
    }
}

fn serve(stream: &TcpStream, mailbox: Mailbox) -> io::Result<()> {
    let mut session: Session<Mailbox> = SessionBuilder::new("mail.example").build(IpAddr::V4(Ipv4Addr::LOCALHOST), mailbox);
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    out.write_all(&session.greeting().buffer()?)?;
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer = session.process(&line);
        out.write_all(&answer.buffer()?)?;
        if answer.action == Action::Close {
            return Ok(());
        }
    }
}
