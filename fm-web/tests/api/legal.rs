use crate::market::Market;

#[actix_web::test]
async fn the_texts_of_the_law_are_linked_from_every_page_and_marked_as_templates() {
    let market = Market::new().await;
    let home = market.get("/").await;
    for (page, title) in [("imprint", "Imprint"), ("privacy", "Privacy"), ("terms", "Terms of use")] {
        home.has(&format!("<a href=\"/{page}\">"));
        let text = market.get(&format!("/{page}")).await;
        text.is(200).has(&format!("<h1>{title}</h1>")).has("<mark>[").has("A template").has("content=\"noindex\"");
    }
    home.has("<a href=\"/safety\">");
    market.get("/safety").await.is(200).has("<h1>Buying and selling safely</h1>").lacks("<mark>").lacks("A template").lacks("noindex");
}

#[actix_web::test]
async fn the_texts_of_the_law_are_in_the_readers_language() {
    let market = Market::new().await;
    let german = market.browser().await.with_cookie("fm_lang", "de");
    german.get("/imprint").await.is(200).has("<h1>Impressum</h1>").has("Eine Vorlage");
    german.get("/privacy").await.is(200).has("<h1>Datenschutz</h1>").has("Art. 15 bis 21 DSGVO");
}
