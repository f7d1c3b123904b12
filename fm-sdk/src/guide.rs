//! The guide in `docs`: its examples are doctests of the crate, and its pages are linked.

/// One item per page, so that `cargo test --doc` compiles and runs the examples of all pages.
#[cfg(doctest)]
mod examples {
    macro_rules! pages {
        ($($name:ident = $file:literal;)*) => { $(#[doc = include_str!(concat!("../docs/", $file))] pub struct $name;)* };
    }
    pages! {
        FirstService = "first-service.md";
        Messages = "messages.md";
        Handlers = "handlers.md";
        Batches = "batches.md";
        ScheduledMessages = "scheduled-messages.md";
        Snapshots = "snapshots.md";
        Middleware = "middleware.md";
        Delivery = "delivery.md";
        Documents = "documents.md";
        Identity = "identity.md";
        Security = "security.md";
        Http = "http.md";
        Schemas = "schemas.md";
        Testing = "testing.md";
        Operating = "operating.md";
        BackEnds = "back-ends.md";
        Upgrade = "upgrade-0.3.md";
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    fn docs() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
    }
    fn page(name: &str) -> String {
        fs::read_to_string(docs().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
    fn pages() -> BTreeSet<String> {
        let names = fs::read_dir(docs()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect()
    }
    /// The text outside of code.
    fn prose(page: &str) -> String {
        page.split("```").step_by(2).flat_map(|text| text.split('`').step_by(2)).collect()
    }
    /// The targets of links within the guide.
    fn links(page: &str) -> Vec<String> {
        let targets =
            |text: &str| text.split("](").skip(1).filter_map(|rest| rest.split(')').next().map(str::to_owned)).collect::<Vec<_>>();
        targets(&prose(page)).into_iter().filter(|to| !to.contains("://")).collect()
    }
    /// The anchors of a page's headings, as mdBook makes them.
    fn anchors(page: &str) -> BTreeSet<String> {
        let fit = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == ' ';
        let anchor = |title: &str| title.to_lowercase().chars().filter(|&c| fit(c)).map(|c| if c == ' ' { '-' } else { c }).collect();
        page.lines()
            .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')))
            .map(anchor)
            .collect()
    }

    #[test]
    fn the_summary_lists_every_page_once() {
        let listed = links(&page("SUMMARY.md"));
        assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), pages());
        assert_eq!(listed.len(), pages().len(), "{listed:?}");
    }

    #[test]
    fn every_page_with_an_example_in_rust_is_a_doctest() {
        let source = include_str!("guide.rs");
        for name in pages().into_iter().filter(|name| page(name).contains("```rust")) {
            assert!(source.contains(&format!(r#"= "{name}";"#)), "{name} is not in src/guide.rs");
        }
    }

    #[test]
    fn every_link_leads_to_a_page_and_to_a_heading_of_it() {
        for name in pages() {
            for link in links(&page(&name)) {
                let (to, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let to = if to.is_empty() { &name } else { to };
                assert!(docs().join(to).is_file(), "{name} links to {to}");
                assert!(anchor.is_empty() || anchors(&page(to)).contains(anchor), "{name} links to {link}");
            }
        }
    }

    #[test]
    fn a_link_in_code_is_no_link_and_a_heading_has_the_anchor_of_mdbook() {
        let text = "# What is *not* promised: `x`?\nsee [a](b.md#c), `[d](e)`\n```text\n[f](g)\n```\n[h](https://i)";
        assert_eq!(links(text), ["b.md#c"]);
        assert!(anchors(text).contains("what-is-not-promised-x"));
    }
}
