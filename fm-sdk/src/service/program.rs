/// What a program is called, is for, and which version it is: for `--help` and `--version`. [`program!`](crate::program) takes it from the
/// package that it is written in; a name alone makes one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) version: &'static str,
}

impl Program {
    /// Names a program and says what it is for.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, version: &'static str) -> Self {
        Program { name, about, version }
    }
}

impl From<&'static str> for Program {
    fn from(name: &'static str) -> Self {
        Program::new(name, "", "")
    }
}

/// The [`Program`] of the package at hand: its name, description and version of Cargo.toml.
#[macro_export]
macro_rules! program {
    () => {
        $crate::Program::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"), env!("CARGO_PKG_VERSION"))
    };
}
