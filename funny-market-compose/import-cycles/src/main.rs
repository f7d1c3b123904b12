//! The command line: prints what is wrong and fails.

use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Finds import cycles between the top-level modules of crates.
///
/// A crate may list the imports of cycles that it still has in `import-cycles.txt`, one `FROM -> TO` a line. An import that closes a cycle
/// and is not listed is an error, and so is a listed one that closes none any more.
#[derive(Parser)]
struct Arguments {
    /// Folders of crates, each with a Cargo.toml and src/
    #[arg(required = true, value_name = "CRATE")]
    crates: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for folder in Arguments::parse().crates {
        match import_cycles::check(&folder) {
            Ok(report) if report.problems.is_empty() => println!("{}: {}", folder.display(), report.summary()),
            Ok(report) => {
                report.problems.iter().for_each(|problem| eprintln!("{}: {problem}", folder.display()));
                code = ExitCode::FAILURE;
            }
            Err(e) => {
                eprintln!("{}: {e}", folder.display());
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
