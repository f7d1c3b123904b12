fn main() -> std::process::ExitCode {
    fm_sdk::run(fm_tracker::tracker)
}
