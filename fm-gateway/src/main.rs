//! See the library of the same name.

fn main() -> std::process::ExitCode {
    fm_gateway::cli::run()
}
