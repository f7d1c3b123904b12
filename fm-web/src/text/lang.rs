use super::{Texts, words};

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    En,
    De,
}

impl Lang {
    /// Reads a tag like `de` or `de-AT`.
    pub fn of(tag: &str) -> Option<Self> {
        match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Lang::En),
            "de" => Some(Lang::De),
            _ => None,
        }
    }
    /// Chooses by `Accept-Language` (RFC 9110, section 12.5.4); English if nothing fits.
    pub fn accepted(header: &str) -> Self {
        let weighted = header.split(',').take(32).filter_map(|part| {
            let mut fields = part.split(';');
            let lang = Lang::of(fields.next()?)?;
            let weight = fields.find_map(|f| f.trim().strip_prefix("q=")?.trim().parse::<f32>().ok()).unwrap_or(1.0);
            (weight > 0.0).then_some((lang, weight))
        });
        // Of equals the first.
        weighted.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(Lang::En, |(lang, _)| lang)
    }
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::De => "de",
        }
    }
    pub fn texts(self) -> &'static Texts {
        match self {
            Lang::En => &words::EN,
            Lang::De => &words::DE,
        }
    }
    /// Takes the text of this language.
    pub fn pick<'a>(self, en: &'a str, de: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::De => de,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_we_speak_is_taken() {
        for (header, lang) in [
            ("", Lang::En),
            ("de", Lang::De),
            ("de-AT,de;q=0.9,en;q=0.8", Lang::De),
            ("fr, en;q=0.5, de;q=0.7", Lang::De),
            ("en;q=0.9,de;q=0.9", Lang::En),
            ("de;q=0, en;q=0.1", Lang::En),
            ("*;q=x,,;;de", Lang::En),
            ("DE", Lang::De),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header}");
        }
    }
}
