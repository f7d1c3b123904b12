use std::{
    fs, io,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// Sends a signal by its name, `TERM`, through kill(1); the SDK has no unsafe code for it.
///
/// # Errors
/// The process does not exist or may not be signalled.
pub(super) fn signal(process: u32, name: &str) -> io::Result<()> {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("process {process} took no signal {name}"))) }
}

/// Stops a process where it is (`SIGSTOP`) and waits until all of its threads stand still: one that is on a processor goes on for a moment,
/// and could still answer.
///
/// # Errors
/// Those of [`signal`], and threads that do not stand still within 10 s.
pub(super) fn freeze(process: u32) -> io::Result<()> {
    signal(process, "STOP")?;
    let until = Instant::now() + Duration::from_secs(10);
    while !stands_still(process)? {
        if Instant::now() > until {
            return Err(io::Error::other(format!("process {process} does not stop")));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Whether each thread is in the state `T` (proc(5), `/proc/pid/task/tid/stat`).
fn stands_still(process: u32) -> io::Result<bool> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // One that ends meanwhile has no file any more.
        let Ok(stat) = fs::read_to_string(thread?.path().join("stat")) else { continue };
        // The name before it may hold anything, also a parenthesis.
        if !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[test]
    fn a_frozen_process_stands_still_until_it_goes_on() {
        let mut busy = Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap();
        for _ in 0..20 {
            freeze(busy.id()).unwrap();
            assert!(stands_still(busy.id()).unwrap());
            signal(busy.id(), "CONT").unwrap();
            let until = Instant::now() + Duration::from_secs(10);
            while stands_still(busy.id()).unwrap() {
                assert!(Instant::now() < until, "it goes on");
            }
        }
        busy.kill().unwrap();
        busy.wait().unwrap();
        assert!(freeze(busy.id()).is_err());
    }
}
