//! What people read: words in their language, numbers as they write them.

mod choices;
mod faults;
mod lang;
mod numbers;
mod words;

pub use choices::{OptionGroup, choice, is_choice, option, readable, values};
pub use faults::{fault, number_fault};
pub use lang::Lang;
pub use numbers::{day, decimal, month, number, price, tenths, whole, year_month};
pub use words::{Texts, fill};
