fn main() -> std::process::ExitCode {
    fm_sdk::run(|| fm_cars::cars(fm_cars::Cars::default()))
}
