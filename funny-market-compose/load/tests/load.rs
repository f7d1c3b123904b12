//! The load against targets that are no market.
#![expect(clippy::unwrap_used, reason = "a test stops where something else happens")]

use market::{child::free_addresses, wait_until};
use market_load::{Load, Settings};
use std::{
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A server that gives everybody this answer.
fn answers(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                if stream.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    target
}

fn settings(target: &str) -> Settings {
    Settings { target: target.into(), seed: 1, rate: 20.0, think: Duration::from_millis(10), password: "Correct-horse-load".into() }
}

#[test]
fn failures_are_counted_by_code_and_do_not_end_the_load() {
    let load = Load::start(&settings(&answers("503 Service Unavailable", r#"{"code":"overloaded"}"#))).unwrap();
    wait_until("forty requests have failed", TIMEOUT, || load.report().failed() >= 40);
    let report = load.stop();
    assert_eq!(report.codes().into_keys().collect::<Vec<_>>(), ["503 overloaded"]);
    assert_eq!(report.done(), 0);
    assert!(report.to_string().contains("x 503 overloaded"), "{report}");
}

#[test]
fn a_target_that_nobody_listens_at_is_asked_again_and_again() {
    let [nobody] = free_addresses::<1>().unwrap();
    let load = Load::start(&settings(&format!("http://{nobody}"))).unwrap();
    wait_until("twenty requests have failed", TIMEOUT, || load.report().failed() >= 20);
    let codes = load.stop().codes();
    assert!(codes.keys().all(|code| code.contains("refused")), "{codes:?}");
}

#[test]
fn an_answer_counts_from_when_it_was_due() {
    // One thing at a time, 100 ms each, asked for by twenty people a second: whoever comes later waits longer.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::sleep(Duration::from_millis(100));
            let read = stream.read(&mut [0; 4096]);
            if read.is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
            }
        }
    });
    let load = Load::start(&settings(&target)).unwrap();
    wait_until("thirty requests are done", TIMEOUT, || load.report().done() >= 30);
    let report = load.stop();
    let slowest = report.lines.iter().map(|line| line.millis[2]).fold(0.0, f64::max);
    assert!(slowest > 1000.0, "{report}");
}

#[test]
fn an_interrupt_ends_the_program_with_its_table() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_market-load"));
    command.args(["--until-stopped", "--rate", "20", "--think", "0.01", "--password", "Correct-horse-load"]);
    command.args(["--target", &answers("500 Internal Server Error", "")]);
    let mut load = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = load.stdout.take().unwrap();
    let mut first = [0; 1];
    printed.read_exact(&mut first).unwrap();
    assert!(Command::new("kill").args(["-INT", &load.id().to_string()]).status().unwrap().success());
    let mut text = String::new();
    printed.read_to_string(&mut text).unwrap();
    assert!(text.contains("action ") && text.contains("0 requests done"), "{text}");
    assert!(load.wait().unwrap().code().is_some(), "it was killed instead of ending");
}
