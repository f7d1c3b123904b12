//! How much is traced and kept.

use crate::duration::parse_duration;
use std::time::Duration;

/// How much of what happens is traced, and how much of it an instance keeps.
#[derive(Clone, Copy, Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Market")]
pub struct TraceSettings {
    /// The share of traces that are kept, where the caller does not say: 0 to 1; failed and slow ones are kept always
    #[arg(id = "trace_sample", long = "trace-sample", env = "FM_TRACE_SAMPLE", default_value_t = 1.0, value_name = "SHARE", value_parser = share)]
    pub sample: f64,

    /// Requests and messages that take longer are slow (1ms to 1h)
    #[arg(id = "trace_slow", long = "trace-slow", env = "FM_TRACE_SLOW", default_value = "1s", value_name = "TIME", value_parser = slow)]
    pub slow: Duration,

    /// How much memory the kept traces may take, in MiB; 0 makes no spans
    #[arg(id = "trace_memory", long = "trace-memory", env = "FM_TRACE_MEMORY", default_value_t = 20, value_name = "MIB", value_parser = clap::value_parser!(u32).range(0..=4096))]
    pub memory_mib: u32,
}

impl Default for TraceSettings {
    fn default() -> Self {
        TraceSettings { sample: 1.0, slow: Duration::from_secs(1), memory_mib: 20 }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("`{text}` is not within 0 and 1"))
}

fn slow(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    let within = (Duration::from_millis(1)..=Duration::from_secs(3600)).contains(&time);
    if within { Ok(time) } else { Err(format!("`{text}` is not within 1ms and 1h")) }
}
