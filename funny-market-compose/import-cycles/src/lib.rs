//! Finds import cycles between the top-level modules of a crate.
//!
//! The source is parsed, not compiled: `use` declarations, paths (`crate::`, `super::`, the crate's own name) and the paths within macro
//! calls say which module needs which. A name that the crate's root re-exports belongs to the module that it comes from; what the root
//! defines itself belongs to a module called `lib`. Code for tests (`#[cfg(test)]`) may import what it likes.

mod crate_source;
mod graph;
mod known;
mod references;
mod resolve;

use graph::Graph;
use std::{fmt, path::Path};

/// What stops the check.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that should be there cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not Rust.
    #[error("{path} cannot be parsed: {source}")]
    Parse {
        /// Which.
        path: String,
        /// Why.
        source: syn::Error,
    },
    /// `Cargo.toml` has no package name.
    #[error("{0} names no package")]
    NoName(String),
    /// A line of the list of known cycles.
    #[error("import-cycles.txt: '{0}' is not of the form 'FROM -> TO'")]
    KnownLine(String),
}

/// What is wrong with a crate.
#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    /// An import closes a cycle.
    Cycle {
        /// The modules of the cycle, beginning with the importing one.
        path: Vec<String>,
        /// A file that imports.
        file: String,
    },
    /// A known import closes no cycle any more, so its line has to go.
    Stale {
        /// The importing module.
        from: String,
        /// The imported one.
        to: String,
    },
    /// `use crate::*` hides what is imported.
    Glob {
        /// The file.
        file: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Cycle { path, file } => {
                write!(f, "{file} imports {} and closes the cycle {}", path[1], path.join(" -> "))
            }
            Problem::Stale { from, to } => {
                write!(f, "import-cycles.txt lists {from} -> {to}, which closes no cycle any more: remove the line")
            }
            Problem::Glob { file } => write!(f, "{file} imports the whole root of its crate by `*`: name what it needs"),
        }
    }
}

/// The result of a check.
#[derive(Debug)]
pub struct Report {
    /// How many top-level modules there are.
    pub modules: usize,
    /// How many imports of cycles are known.
    pub known: usize,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Report {
    /// One line for people.
    pub fn summary(&self) -> String {
        let found = if self.known == 0 { "no import cycle".into() } else { format!("no new import cycle, {} known imports", self.known) };
        format!("{found} between {} modules", self.modules)
    }
}

/// Checks the crate in a folder.
///
/// # Errors
/// If a file cannot be read or parsed.
pub fn check(folder: &Path) -> Result<Report, Error> {
    let source = crate_source::read(folder)?;
    let (edges, globs) = resolve::imports(&source);
    let known = known::read(folder)?;
    let graph = Graph::new(&edges);
    let mut problems: Vec<Problem> = globs.into_iter().map(|file| Problem::Glob { file }).collect();
    for (from, to, file) in graph.edges() {
        let Some(path) = graph.cycle(from, to) else { continue };
        if !known.contains(&(from.to_string(), to.to_string())) {
            problems.push(Problem::Cycle { path, file: file.to_string() });
        }
    }
    for (from, to) in &known {
        if !graph.has(from, to) || graph.cycle(from, to).is_none() {
            problems.push(Problem::Stale { from: from.clone(), to: to.clone() });
        }
    }
    Ok(Report { modules: source.top_level().len(), known: known.len(), problems })
}
