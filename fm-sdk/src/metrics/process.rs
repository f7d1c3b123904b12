//! What the kernel says of this process, read from `/proc` at each scrape (proc(5)); nothing where there is no `/proc`.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
    registry::Unit,
};
use std::{fs, time::Instant};

#[derive(Debug)]
pub(super) struct Process {
    started: Instant,
}

impl Default for Process {
    fn default() -> Self {
        Process { started: Instant::now() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut gauge = |name: &str, help: &str, unit: Option<Unit>, value: f64| {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?)
        };
        gauge("process_uptime", "Time since the start", Some(Unit::Seconds), self.started.elapsed().as_secs_f64())?;
        if let Some(bytes) = resident_memory() {
            gauge("process_resident_memory", "Memory that is held in RAM", Some(Unit::Bytes), bytes as f64)?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            gauge("process_open_fds", "Open files and sockets", None, open.count() as f64)?;
        }
        Ok(())
    }
}

/// Bytes that this process holds in RAM: `VmRSS` of proc(5), `None` where there is no `/proc`.
pub fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}
