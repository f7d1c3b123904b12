use std::{collections::HashMap, sync::Arc};

/// Words that are written often, kept once: 1 for the first, 0 for none.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    codes: HashMap<Arc<str>, u32>,
    values: Vec<Arc<str>>,
}

impl Dictionary {
    /// The code of a word, taking it in if it is new.
    pub fn intern(&mut self, word: &str) -> u32 {
        if let Some(code) = self.codes.get(word) {
            return *code;
        }
        let word: Arc<str> = word.into();
        self.values.push(word.clone());
        let code = self.values.len() as u32;
        self.codes.insert(word, code);
        code
    }
    /// The code of a word, if it is known.
    pub fn code(&self, word: &str) -> Option<u32> {
        self.codes.get(word).copied()
    }
    /// The word of a code.
    pub fn value(&self, code: u32) -> Option<&str> {
        self.values.get((code as usize).checked_sub(1)?).map(AsRef::as_ref)
    }
    /// One more than the greatest code.
    pub fn codes(&self) -> usize {
        self.values.len() + 1
    }
    /// Bytes in memory, roughly.
    pub fn bytes(&self) -> usize {
        self.values.iter().map(|v| v.len() + 16).sum::<usize>() + self.values.capacity() * 16 + self.codes.capacity() * 25
    }
}
