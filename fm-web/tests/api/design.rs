use crate::market::Market;
use std::collections::BTreeSet;

const TOKENS: &str = include_str!("../../assets/css/tokens.css");
const COMPONENTS: [&str; 3] = [
    include_str!("../../assets/css/controls.css"),
    include_str!("../../assets/css/cards.css"),
    include_str!("../../assets/css/rating.css"),
];
/// Those that scripts add for a moment.
const PASSING: [&str; 1] = ["card-fresh"];

#[actix_web::test]
async fn the_page_of_all_components_is_for_developers_only() {
    let market = Market::new().await;
    market.get("/design").await.is(404);
    let developed = Market::with_design_page().await;
    developed.get("/design").await.is(200).has("<h1>Design</h1>").has("content=\"noindex\"").has("/design.css");
    let german = developed.browser().await.with_cookie("fm_lang", "de");
    german.get("/design").await.is(200).has("Sehr guter Preis");
}

#[actix_web::test]
async fn every_colour_and_component_is_on_the_page_of_all_components() {
    let page = Market::with_design_page().await.get("/design").await;
    for color in TOKENS.split("\n  --").skip(1).filter_map(|rest| rest.split_once(": ")) {
        let is_color = color.1.starts_with("light-dark(") || color.1.starts_with('#');
        assert!(!is_color || page.html.contains(&format!("swatch-{}\"", color.0)), "--{} is missing", color.0);
    }
    let shown: BTreeSet<&str> = page.html.split("class=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap().split(' ')).collect();
    for class in COMPONENTS.into_iter().flat_map(classes).filter(|class| !PASSING.contains(class)) {
        assert!(shown.contains(class), ".{class} is missing");
    }
}

/// The classes that a style sheet names: a dot with a letter behind it, where a selector can have one.
fn classes(css: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let starts = css.match_indices('.').filter(|(at, _)| {
        let before = css[..*at].chars().next_back().unwrap_or(' ');
        before.is_whitespace() || "(,>+~".contains(before)
    });
    let named = starts.filter_map(|(at, _)| css[at + 1..].split(|c| !is_part(c)).next());
    named.filter(|class| class.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}
