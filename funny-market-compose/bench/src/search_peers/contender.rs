//! A program that searches: it takes cars in, then answers a line with a line.

use crate::{
    Result,
    process::{processor_time, resident},
};
use market::child::OwnedChild;
use serde::Deserialize;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout, Command, Stdio},
};

/// How often a process is looked at that should wait for the next question.
const LOOKS: usize = 10_000;

pub(super) struct Contender {
    pub name: &'static str,
    /// What it says of itself when all cars are taken in.
    pub ready: Ready,
    child: OwnedChild,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
pub(super) struct Ready {
    /// How long it took.
    pub seconds: f64,
    /// Of its read model, or of its files.
    pub bytes: f64,
}

/// An answer with what it took.
#[derive(Deserialize)]
pub(super) struct Answered {
    pub micros: f64,
    pub answer: Value,
    /// Microseconds on a processor, with reading the question and writing the answer.
    #[serde(default)]
    pub cpu: f64,
}

impl Contender {
    /// Starts a program and waits until it has taken the cars in.
    pub fn start(name: &'static str, mut command: Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = OwnedChild(command.spawn().map_err(|e| format!("{name}: {e}"))?);
        let (Some(questions), Some(answers)) = (child.0.stdin.take(), child.0.stdout.take()) else {
            return Err(format!("{name} has no pipes").into());
        };
        let mut answers = BufReader::new(answers);
        let ready: Ready = read(name, &mut answers)?;
        Ok(Contender { name, ready, child, questions, answers })
    }
    /// Asks, waits for the answer and until the program waits for the next question.
    pub fn ask(&mut self, question: &Value) -> Result<Answered> {
        let pid = self.child.0.id();
        let before = processor_time(&[pid])?;
        writeln!(self.questions, "{question}")?;
        self.questions.flush()?;
        let mut answered: Answered = read(self.name, &mut self.answers)?;
        // The kernel counts a thread's time when it stops running.
        let is_running = || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") R "));
        (0..LOOKS).find(|_| !is_running());
        answered.cpu = (processor_time(&[pid])? - before) as f64 / 1e3;
        Ok(answered)
    }
    /// Resident memory in MiB.
    pub fn resident(&self) -> f64 {
        resident(&[self.child.0.id()])
    }
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, answers: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    serde_json::from_str(&line).map_err(|e| format!("{name} answers {line:?}: {e}").into())
}
