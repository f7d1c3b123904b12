//! What is measured on, and with which versions.

use std::{fs, process::Command};

/// One line: cores, processor, memory, kernel, versions.
pub fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let model =
        cpu.lines().find_map(|l| l.strip_prefix("model name")).map_or("unknown processor", |l| l.trim_start_matches([' ', '\t', ':']));
    let kib: u64 =
        memory.lines().find_map(|l| l.strip_prefix("MemTotal:")).and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let versions = [("rabbitmq-server", "RabbitMQ"), ("etcd-server", "etcd"), ("nginx", "nginx"), ("haproxy", "HAProxy")]
        .map(|(package, name)| format!("{name} {}", installed(package)))
        .join(", ");
    format!("{cores} cores ({model}), {} GiB, Linux {}; rustc {}; {versions}", kib / (1 << 20), kernel.trim(), rustc())
}

/// The version of a Debian package, without what Debian adds to it.
pub fn installed(package: &str) -> String {
    let out = Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]).output();
    let version = out.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    if version.is_empty() { "not installed".into() } else { version.split(['-', '+']).next().unwrap_or_default().to_owned() }
}

fn rustc() -> String {
    let out = Command::new("rustc").arg("--version").output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    out.split_whitespace().nth(1).unwrap_or("unknown").to_owned()
}
