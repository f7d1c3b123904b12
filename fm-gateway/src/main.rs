//! See the library of the same name.

/// Requests need many small pieces of memory for a short time: less processor time than with the allocator of the C library, and what a burst
/// has taken is given back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    fm_gateway::cli::run()
}
