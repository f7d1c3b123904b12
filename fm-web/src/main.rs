fn main() -> std::process::ExitCode {
    fm_sdk::run_with("fm-web", |own: fm_web::Own, _| Ok(fm_web::web(own)))
}
