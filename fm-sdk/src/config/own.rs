//! The settings that one service has beside those of the market.

use super::masked_url;
use clap::{Arg, ArgMatches, Args, Command};

/// Prints the effective settings of `A`, one `NAME=value` per line. A value that clap is told to hide (`hide_env_values`), or whose name is
/// that of a secret, is replaced by `***`, of a URL only the password.
#[must_use]
pub fn own_settings<A: Args>(matches: &ArgMatches) -> String {
    let all = A::augment_args(Command::new("own"));
    all.get_arguments().map(|arg| format!("{}={}\n", name(arg), value(arg, matches))).collect()
}

fn name(arg: &Arg) -> String {
    match (arg.get_env(), arg.get_long()) {
        (Some(variable), _) => variable.to_string_lossy().into_owned(),
        (None, Some(flag)) => format!("--{flag}"),
        (None, None) => arg.get_id().to_string(),
    }
}

fn value(arg: &Arg, matches: &ArgMatches) -> String {
    let Ok(Some(values)) = matches.try_get_raw(arg.get_id().as_str()) else { return "(not set)".into() };
    let value = values.map(|v| v.to_string_lossy()).collect::<Vec<_>>().join(",");
    let secret = arg.is_hide_env_values_set()
        || ["PASSWORD", "SECRET", "TOKEN", "KEY"].iter().any(|word| name(arg).to_uppercase().split(['_', '-']).any(|part| part == *word));
    if secret && !value.contains("://") { "***".into() } else { masked_url(&value) }
}
