use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Ends the processes of a test server and removes its folder when it is dropped, and also when the test process dies without dropping
/// anything (a static, `kill -9`).
///
/// A small shell of its own waits for the end of a pipe that only the test process holds open; the kernel closes it in any case.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
    list: PathBuf,
}

impl Guard {
    /// Watches over `folder`; processes are added by [`Guard::watch`].
    ///
    /// # Errors
    /// The shell cannot be started or the folder is not writable.
    pub fn new(folder: &Path) -> std::io::Result<Guard> {
        let list = folder.join("guarded.pids");
        fs::write(&list, "")?;
        // A process that was just killed may still be at work in the folder, hence the second try.
        // The signals of a terminal (Ctrl-C) must not end the shell before it has done its work.
        let script = r#"trap '' INT TERM HUP; cat >/dev/null; for p in $(cat "$0"); do kill -9 "$p" 2>/dev/null; done; rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }"#;
        let shell = Command::new("sh")
            .args(["-c", script])
            .arg(&list)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Guard { shell, list })
    }

    /// Adds a process that is to end with the test.
    ///
    /// # Errors
    /// The list cannot be written.
    pub fn watch(&self, pid: u32) -> std::io::Result<()> {
        writeln!(fs::OpenOptions::new().append(true).open(&self.list)?, "{pid}")
    }

    /// Forgets a process that has ended, so that nobody who gets its number later is hit.
    ///
    /// # Errors
    /// The list cannot be written.
    pub fn forget(&self, pid: u32) -> std::io::Result<()> {
        let pid = pid.to_string();
        let left: String = fs::read_to_string(&self.list)?.lines().filter(|l| *l != pid).map(|l| format!("{l}\n")).collect();
        fs::write(&self.list, left)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
