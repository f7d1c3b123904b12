//! What the tests of contracts share: a recorded contract, as a file, and a test in a process of its own.

use serde_json::Value;
use std::{
    env,
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// What tells a test that it is the one in the process of its own.
const ALONE: &str = "FM_TEST_IN_A_PROCESS_OF_ITS_OWN";

/// A folder with the contract that `record` writes.
pub async fn recorded(record: impl AsyncFnOnce(&Path)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path()).await;
    folder
}
pub fn read(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("fm-cars.json")).unwrap()).unwrap()
}
/// Rewrites the contract as somebody by hand would.
pub fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let mut pact = read(folder);
    change(&mut pact);
    fs::write(folder.join("fm-cars.json"), pact.to_string()).unwrap();
}
/// Expects one problem that says all of this.
#[track_caller]
pub fn assert_says(problems: &[String], parts: &[&str]) {
    assert!(problems.iter().any(|p| parts.iter().all(|part| p.contains(part))), "{parts:?} in {problems:#?}");
}
/// Runs a test in a process of its own, with these variables of the environment; there [`argument`] gives `argument`.
pub fn run_alone(test: &str, argument: &str, variables: &[(&str, &Path)]) -> Output {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(ALONE, argument);
    child.envs(variables.iter().map(|(name, folder)| (name, OsStr::new(folder))));
    child.output().unwrap()
}
/// What [`run_alone`] was given, in the process that it started.
pub fn argument() -> Option<String> {
    env::var(ALONE).ok()
}
