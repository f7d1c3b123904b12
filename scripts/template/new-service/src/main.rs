use fm_sdk::NoSettings;

fn main() -> std::process::ExitCode {
    fm_sdk::run_with::<NoSettings, _>(fm_sdk::program!(), |_, _| Ok(@CRATE@::service()))
}
