//! Real servers for tests: each on free ports and in a folder of its own, ended with the test process, however that ends.

mod guard;

pub use guard::Guard;
