use fm_sdk::text::clean_line;

/// The most that are named.
const MAX_NAMED: usize = 5;
/// The longest value that is repeated, in characters.
const MAX_LENGTH: usize = 40;

/// A value that a parameter of the search does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub name: &'static str,
    /// As it was written, shortened.
    pub value: String,
}

impl Unknown {
    pub fn new(name: &'static str, value: &str) -> Self {
        let mut text: String = clean_line(value).chars().take(MAX_LENGTH + 1).collect();
        if let Some((cut, _)) = text.char_indices().nth(MAX_LENGTH) {
            text.truncate(cut);
            text.push('…');
        }
        Unknown { name, value: text }
    }
    /// Leaves each once, and not too many of them.
    pub fn tidy(all: &mut Vec<Self>) {
        let mut kept: Vec<Self> = Vec::new();
        for unknown in all.drain(..) {
            if kept.len() < MAX_NAMED && !kept.contains(&unknown) {
                kept.push(unknown);
            }
        }
        *all = kept;
    }
}
