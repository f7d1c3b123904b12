//! What the kernel says of a process and its children: processor time and memory.

use crate::Result;
use market::child;
use std::fs;

/// A process and all that come from it.
pub fn family(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .map(|entries| {
            entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).filter_map(|p| Some((p, parent(p)?))).collect()
        })
        .unwrap_or_default();
    let mut all = vec![pid];
    let mut at = 0;
    while at < all.len() {
        let of = all[at];
        all.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(p, _)| *p));
        at += 1;
    }
    all
}

/// Field 4 of `/proc/PID/stat`, counted behind the name in brackets.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Nanoseconds that the threads of these processes have spent on a processor.
///
/// # Errors
/// A process has gone.
pub fn processor_time(pids: &[u32]) -> Result<u64> {
    let mut sum = 0;
    for pid in pids {
        for thread in fs::read_dir(format!("/proc/{pid}/task")).map_err(|e| format!("process {pid} has gone: {e}"))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            sum += text.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
        }
    }
    Ok(sum)
}

/// Nanoseconds that a core has been busy, with whatever.
///
/// # Errors
/// There is no such core.
pub fn core_time(core: usize) -> Result<u64> {
    // In hundredths of a second on every Linux: user, nice, system, idle, iowait, irq, softirq, steal.
    let stat = fs::read_to_string("/proc/stat")?;
    let fields =
        stat.lines().find_map(|line| line.strip_prefix(&format!("cpu{core} "))).ok_or_else(|| format!("there is no core {core}"))?;
    let times = fields.split_whitespace().take(8).enumerate().filter(|(n, _)| !matches!(n, 3 | 4));
    Ok(times.filter_map(|(_, t)| t.parse::<u64>().ok()).sum::<u64>() * 10_000_000)
}

/// Resident memory of these processes, in MiB; shared pages count for each.
pub fn resident(pids: &[u32]) -> f64 {
    pids.iter().filter_map(|pid| child::resident(*pid)).sum::<u64>() as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::child::OwnedChild;
    use std::{
        process::Command,
        time::{Duration, Instant},
    };

    #[test]
    fn a_family_is_a_process_with_its_children() {
        let child = OwnedChild(Command::new("sleep").arg("60").spawn().unwrap());
        let all = family(std::process::id());
        assert!(all.contains(&child.0.id()) && all.contains(&std::process::id()), "{all:?}");
        assert!(resident(&all) > 1.0);
    }

    #[test]
    fn work_costs_processor_time() {
        let own = [std::process::id()];
        let cores = || (0..).map_while(|core| core_time(core).ok()).sum::<u64>();
        let (before, all_before) = (processor_time(&own).unwrap(), cores());
        let until = Instant::now() + Duration::from_millis(50);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        assert!(processor_time(&own).unwrap() > before + 1_000_000);
        assert!(cores() > all_before);
    }
}
