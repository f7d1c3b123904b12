//! Imprint, privacy, terms and safety: texts of the operator. Those that are part of the program are templates with places to fill in.

use crate::text::Lang;
use std::{fs, io, path::Path, sync::Arc};

/// The pages, by their path.
pub const PAGES: [&str; 4] = ["imprint", "privacy", "terms", "safety"];

#[rustfmt::skip]
const TEMPLATES: [(&str, &str, &str); 4] = [
    ("imprint", include_str!("../legal/imprint.en.txt"), include_str!("../legal/imprint.de.txt")),
    ("privacy", include_str!("../legal/privacy.en.txt"), include_str!("../legal/privacy.de.txt")),
    ("terms", include_str!("../legal/terms.en.txt"), include_str!("../legal/terms.de.txt")),
    ("safety", include_str!("../legal/safety.en.txt"), include_str!("../legal/safety.de.txt")),
];

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    /// A place that the operator has not filled in.
    pub open: bool,
}

/// What stands between two empty lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    /// Lines of a paragraph.
    Lines(Vec<Vec<Span>>),
}

/// One page in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalText {
    pub title: String,
    pub blocks: Vec<Block>,
    /// There are places that the operator has not filled in.
    pub open: bool,
}

impl LegalText {
    /// Reads a text: its first line is the title, `## ` begins a heading, empty lines part paragraphs, and `[...]` is a place to fill in.
    fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (title, rest) = text.trim_start().split_once('\n').unwrap_or((text.trim(), ""));
        let paragraphs = rest.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
        let block = |p: &str| match p.strip_prefix("## ") {
            Some(heading) => Block::Heading(heading.into()),
            None => Block::Lines(p.lines().map(spans).collect()),
        };
        let blocks: Vec<Block> = paragraphs.map(block).collect();
        let open = blocks.iter().any(|b| matches!(b, Block::Lines(lines) if lines.iter().flatten().any(|s| s.open)));
        LegalText { title: title.trim().into(), blocks, open }
    }
}

fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some((before, (place, after))) = rest.split_once('[').and_then(|(b, r)| Some((b, r.split_once(']')?))) {
        spans.push(Span { text: before.into(), open: false });
        spans.push(Span { text: format!("[{place}]"), open: true });
        rest = after;
    }
    spans.push(Span { text: rest.into(), open: false });
    spans.retain(|s| !s.text.is_empty());
    spans
}

/// The texts of all pages.
#[derive(Clone, Debug)]
pub struct Legal(Arc<Vec<(&'static str, LegalText, LegalText)>>);

impl Default for Legal {
    fn default() -> Self {
        Legal(Arc::new(TEMPLATES.iter().map(|(page, en, de)| (*page, LegalText::parse(en), LegalText::parse(de))).collect()))
    }
}

impl Legal {
    /// Takes the files `PAGE.LANGUAGE.txt` of a folder in the place of the templates.
    ///
    /// # Errors
    /// If the folder or one of its files cannot be read.
    pub fn read(folder: &str) -> Result<Self, String> {
        let folder = Path::new(folder);
        fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let of = |page: &str, lang: &str, template: &str| {
            let file = folder.join(format!("{page}.{lang}.txt"));
            match fs::read_to_string(&file) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(LegalText::parse(template)),
                Err(e) => Err(format!("{}: {e}", file.display())),
                Ok(text) => Ok(LegalText::parse(&text)),
            }
        };
        let pages = TEMPLATES.iter().map(|(page, en, de)| Ok((*page, of(page, "en", en)?, of(page, "de", de)?)));
        Ok(Legal(Arc::new(pages.collect::<Result<_, String>>()?)))
    }
    /// Gives a page in a language.
    pub fn text(&self, page: &str, lang: Lang) -> Option<&LegalText> {
        let (_, en, de) = self.0.iter().find(|(name, ..)| *name == page)?;
        Some(if lang == Lang::De { de } else { en })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_title_headings_lines_and_places_to_fill_in() {
        let text = LegalText::parse("Title\r\n\r\n## Part\r\n\r\nName: [name], [street]\r\nTown <b>\n");
        let span = |text: &str, open| Span { text: text.into(), open };
        let lines = vec![
            vec![span("Name: ", false), span("[name]", true), span(", ", false), span("[street]", true)],
            vec![span("Town <b>", false)],
        ];
        assert_eq!(text, LegalText { title: "Title".into(), blocks: vec![Block::Heading("Part".into()), Block::Lines(lines)], open: true });
        assert!(!LegalText::parse("T\n\nAll [filled in").open);
    }

    #[test]
    fn every_page_has_the_same_parts_in_both_languages() {
        let legal = Legal::default();
        for page in PAGES {
            let [en, de] = [Lang::En, Lang::De].map(|lang| legal.text(page, lang).unwrap());
            let shape = |t: &LegalText| t.blocks.iter().map(|b| matches!(b, Block::Heading(_))).collect::<Vec<_>>();
            assert_eq!((shape(en), en.open), (shape(de), de.open), "{page}");
            assert!(en.title != de.title && !shape(en).is_empty(), "{page}");
        }
    }

    #[test]
    fn files_of_a_folder_take_the_place_of_templates() {
        let folder = std::env::temp_dir().join(format!("fm-web-legal-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("imprint.de.txt"), "Impressum\n\nAnna Berger, Leipzig\n").unwrap();
        let legal = Legal::read(folder.to_str().unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let imprint = legal.text("imprint", Lang::De).unwrap();
        assert_eq!((imprint.blocks.len(), imprint.open), (1, false));
        assert!(legal.text("imprint", Lang::En).unwrap().open && legal.text("terms", Lang::De).unwrap().open);
        assert!(Legal::read("/nonexistent/legal").is_err());
    }
}
