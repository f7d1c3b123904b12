use fm_profile::{Own, profile};

fn main() -> std::process::ExitCode {
    fm_sdk::run_with(fm_sdk::program!(), |own: Own, settings| Ok(profile(own.setup(settings)?)))
}
