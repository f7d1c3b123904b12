fn main() -> std::process::ExitCode {
    fm_sdk::run(@CRATE@::service)
}
