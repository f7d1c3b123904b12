//! The market as a whole. One file per case; see README.md for how they run.

mod health;
