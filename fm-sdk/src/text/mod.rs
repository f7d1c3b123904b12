//! Text from people: how it is stored, compared, searched and kept secret.
//!
//! | for | use | form |
//! | --- | --- | --- |
//! | free text that is shown again | [`clean_line`], [`clean_lines`] | NFC, without invisible characters; emoji sequences and joiners stay |
//! | a value that is compared or counted, such as a model's name | [`clean_label`] | NFKC, without any invisible character |
//! | a name that must be unique | [`identifier_key`] | NFKC and full case folding |
//! | the same word in other spellings | [`search_key`] | without case, accents and ligatures; ß = ss, ä = ae = a |
//! | full-text search | [`words`], [`index_forms`], [`query_form`] | the same, but `blue` does not find `blu` |
//! | a password | [`password_form`] | the profile `OpaqueString` of RFC 8265 |
//! | a number | [`number::parse_whole`] | by [`number::Convention`]; what is ambiguous is refused |
//!
//! Normalisation, case folding and character properties are those of the Unicode Character Database, as ICU4X has them. Two tables are
//! our own: the German transliteration of umlauts, and the few Latin letters for which Unicode has no decomposition.

mod clean;
mod invisible;
mod key;
pub mod number;
mod password;
mod spelling;

pub use clean::{clean_label, clean_line, clean_lines};
pub use invisible::is_invisible;
pub use key::identifier_key;
pub use password::password_form;
pub use spelling::{index_forms, query_form, search_key, words};
