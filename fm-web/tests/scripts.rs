//! The scripts of the pages have tests of their own, for Node.

#[test]
fn the_scripts_pass_their_tests() {
    let root = env!("CARGO_MANIFEST_DIR");
    let run = std::process::Command::new("node").args(["--test", "tests/js/"]).current_dir(root).output();
    let run = run.expect("Node runs the tests of the scripts: install nodejs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}
