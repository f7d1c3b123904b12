fn main() -> std::process::ExitCode {
    fm_sdk::run_with(fm_sdk::program!(), |own: fm_web::Own, _| Ok(fm_web::web(own)))
}
