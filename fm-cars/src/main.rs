use fm_cars::{Cars, Own, cars};

fn main() -> std::process::ExitCode {
    fm_sdk::run_with(fm_sdk::program!(), |own: Own, _| Ok(cars(Cars::with_lifetime(own.lifetime()?))))
}
