use market::Market;
use std::{fs, path::PathBuf};

/// A document whose blocks are played: what it tells is done, what it shows is compared.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    /// The checkout that it lies in.
    pub root: PathBuf,
}

impl Document {
    /// Reads a document of the checkout that the market runs from.
    ///
    /// # Panics
    /// When it is not there.
    pub fn read(market: &Market, path: &str) -> Self {
        let root = PathBuf::from(market.address("scripts")).join("..");
        let text = fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { text, root }
    }

    /// Keeps one section only.
    ///
    /// # Panics
    /// When there is none of this heading.
    pub fn section(self, heading: &str) -> Self {
        let mut parts = self.text.split("\n## ");
        let text = parts.find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n'));
        Self { text: text.unwrap_or_else(|| panic!("no section {heading:?}")).to_owned(), root: self.root }
    }

    /// The fenced blocks, each with the prose before it and its kind: `sh`, `json`, ...
    pub fn blocks(&self) -> Vec<Block> {
        let mut parts = self.text.split("```");
        let mut blocks = Vec::new();
        while let (Some(prose), Some(block)) = (parts.next(), parts.next()) {
            let (kind, text) = block.split_once('\n').unwrap_or((block, ""));
            blocks.push(Block { prose: prose.trim().to_owned(), kind: kind.to_owned(), text: text.to_owned() });
        }
        blocks
    }
}

/// What stands between two fences.
#[derive(Debug, Clone)]
pub struct Block {
    pub prose: String,
    pub kind: String,
    pub text: String,
}

/// Whether text is as shown, where `…` stands for anything.
pub fn fits(text: &str, shown: &str) -> bool {
    let (text, shown) = (text.trim_end(), shown.trim_end());
    let parts: Vec<&str> = shown.split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return text == shown };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Document, fits};

    #[test]
    fn matching_documents_are_told_from_others() {
        assert!(fits("a b c\n", "a … c\n") && fits("abc", "abc") && fits("abc\nd", "a…") && fits("xaxb", "…b"));
        assert!(!fits("a b d", "a … c") && !fits("abc", "ab") && !fits("abcd", "a…c") && !fits("", "a"));
    }

    #[test]
    fn a_section_has_its_own_blocks_only() {
        let text = "# T\n```\nno\n```\n\n## A\nSay:\n```sh\na\n```\n```text\nb\n```\n\n## B\n```sh\nc\n```\n".to_owned();
        let blocks = Document { text, root: "/".into() }.section("A").blocks();
        let [a, b] = blocks.as_slice() else { panic!("{blocks:?}") };
        assert_eq!((a.prose.as_str(), a.kind.as_str(), a.text.as_str()), ("Say:", "sh", "a\n"));
        assert_eq!((b.prose.as_str(), b.kind.as_str(), b.text.as_str()), ("", "text", "b\n"));
    }
}
