use super::node::failed;
use fm_sdk::{Result, ResultExt};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// What is loaded into the broker's own process, to answer [`eval`].
pub(super) const SCRIPT: &str = include_str!("control.erl");

/// Evaluates Erlang expressions (each ended by `,`, the last by `.`) inside the broker.
pub(super) fn eval(port: u16, expressions: &str) -> Result<String> {
    let within = Some(Duration::from_secs(60));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unavailable("the control port of the broker")?;
    stream.set_read_timeout(within).and(stream.set_write_timeout(within)).internal()?;
    let length = u32::try_from(expressions.len()).internal()?.to_be_bytes();
    stream.write_all(&[&length[..], expressions.as_bytes()].concat()).unavailable("the control port of the broker")?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).unavailable("the control port of the broker")?;
    let mut answer = vec![0; u32::from_be_bytes(head) as usize];
    stream.read_exact(&mut answer).unavailable("the control port of the broker")?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.starts_with("failed: ") {
        Err(failed(format!("the broker could not evaluate `{expressions}`: {answer}")))
    } else {
        Ok(answer)
    }
}
