//! Every sentence of the pages, in both languages, side by side.

macro_rules! texts {
    ($($(#[$m:meta])* $key:ident: $en:literal, $de:literal;)*) => {
        /// The words of one language.
        pub struct Texts { $($(#[$m])* pub $key: &'static str),* }
        pub static EN: Texts = Texts { $($key: $en),* };
        pub static DE: Texts = Texts { $($key: $de),* };
        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $en, $de)),*];
    };
}

/// Puts a value in the place of `{}`.
pub fn fill(text: &str, value: impl std::fmt::Display) -> String {
    text.replacen("{}", &value.to_string(), 1)
}

#[rustfmt::skip]
texts! {
    market: "Funny Market", "Funny Market";
    skip: "Skip to content", "Zum Inhalt springen";
    nav_main: "Main", "Hauptmenü";
    nav_foot: "More", "Weiteres";
    nav_buy: "Find a car", "Auto finden";
    nav_sell: "Sell a car", "Auto verkaufen";
    nav_mine: "My cars", "Meine Autos";
    nav_account: "Account", "Konto";
    nav_sign_in: "Sign in", "Anmelden";
    nav_sign_up: "Sign up", "Registrieren";
    foot_claim: "Cars from people and dealers. Straight facts, fair prices.", "Autos von Privat und Händlern. Klare Fakten, faire Preise.";
    language: "Language", "Sprache";
    theme: "Appearance", "Darstellung";
    theme_light: "Light", "Hell";
    theme_dark: "Dark", "Dunkel";
    theme_system: "System", "System";
    any: "Any", "Beliebig";
    to_home: "To the start page", "Zur Startseite";
    trace: "Should it happen again, tell us this number:", "Falls es wieder passiert, nennen Sie uns diese Nummer:";
    panel_down: "This part is not available right now.", "Dieser Teil ist gerade nicht verfügbar.";
    panel_down_hint: "Everything else works. Please try again in a moment.", "Alles andere funktioniert. Bitte gleich noch einmal versuchen.";
    try_again: "Try again", "Noch einmal versuchen";

    home_title: "Find the car that makes you smile.", "Finden Sie das Auto, das Freude macht.";
    home_lead: "{} cars from people and dealers, with straight facts and the whole price history.", "{} Autos von Privat und Händlern, mit klaren Fakten und der ganzen Preisgeschichte.";
    home_lead_bare: "Cars from people and dealers, with straight facts and the whole price history.", "Autos von Privat und Händlern, mit klaren Fakten und der ganzen Preisgeschichte.";
    home_description: "Buy and sell used cars: search by maker, model, price and more.", "Gebrauchtwagen kaufen und verkaufen: Suche nach Marke, Modell, Preis und mehr.";
    quick_search: "Quick search", "Schnellsuche";
    load_models: "Show the maker's models", "Modelle der Marke zeigen";
    by_body: "What shape should it be?", "Welche Form soll es sein?";
    latest: "Last added", "Zuletzt eingestellt";
    latest_empty: "No cars yet.", "Noch keine Autos.";
    sell_first: "Be the first to sell one.", "Verkaufen Sie das erste.";
    live: "Live", "Live";
    just_listed: "Just listed: {}", "Gerade eingestellt: {}";
    all_cars: "All cars", "Alle Autos";
    popular_makers: "Popular makers", "Beliebte Marken";
    sell_title: "Time for another one?", "Zeit für ein anderes?";
    sell_text: "List your car in five minutes: facts, pictures, price. It is on the market at once.", "Ihr Auto in fünf Minuten einstellen: Fakten, Bilder, Preis. Es ist sofort auf dem Markt.";

    filters: "Filters", "Filter";
    close: "Close", "Schließen";
    text: "Text", "Text";
    text_hint: "e.g. tow bar, first owner", "z. B. Anhängerkupplung, Erstbesitz";
    facets_down: "The numbers behind the values are not available right now.", "Die Zahlen zu den Werten sind gerade nicht verfügbar.";
    from: "from", "von";
    to: "to", "bis";
    show_more: "Show more", "Mehr zeigen";
    show_one: "Show 1 car", "1 Auto zeigen";
    show_many: "Show {} cars", "{} Autos zeigen";
    show_none: "No car fits", "Kein Auto passt";
    show_plain: "Show cars", "Autos zeigen";
    reset: "Reset", "Zurücksetzen";
    found_one: "1 car", "1 Auto";
    found_many: "{} cars", "{} Autos";
    found_none: "No cars", "Keine Autos";
    results_title: "Used cars", "Gebrauchtwagen";
    results_description: "Used cars on Funny Market, with filters and prices.", "Gebrauchtwagen auf Funny Market, mit Filtern und Preisen.";
    page: "Page", "Seite";
    pages: "Pages", "Seiten";
    page_of: "page {} of {}", "Seite {} von {}";
    previous: "Back", "Zurück";
    next: "Next", "Weiter";
    sort: "Sort by", "Sortieren nach";
    sort_newest: "Newest offers", "Neueste Angebote";
    sort_oldest: "Oldest offers", "Älteste Angebote";
    sort_cheap: "Price, lowest first", "Preis, niedrigster zuerst";
    sort_dear: "Price, highest first", "Preis, höchster zuerst";
    sort_low_km: "Mileage, lowest first", "Kilometer, niedrigste zuerst";
    sort_high_km: "Mileage, highest first", "Kilometer, höchste zuerst";
    sort_young: "Year, newest first", "Baujahr, neueste zuerst";
    sort_old: "Year, oldest first", "Baujahr, älteste zuerst";
    go: "Go", "Los";
    view: "View", "Ansicht";
    view_grid: "Grid", "Kacheln";
    view_list: "List", "Liste";
    active_filters: "Active filters", "Aktive Filter";
    remove_filter: "remove", "entfernen";
    remove_all: "Remove all filters", "Alle Filter entfernen";
    empty_title: "No car fits all of that.", "Kein Auto passt zu allem.";
    empty_text: "Try other filters, or look again tomorrow: new cars come every day.", "Versuchen Sie andere Filter oder schauen Sie morgen wieder: Täglich kommen neue Autos.";
    empty_relax: "Leave one out and there is more to choose from:", "Lassen Sie einen weg, dann gibt es mehr Auswahl:";
    without: "without", "ohne";
    from_one_seller: "from one seller", "von einem Verkäufer";

    maker: "Maker", "Marke";
    model: "Model", "Modell";
    body: "Body", "Karosserie";
    engine: "Engine", "Antrieb";
    gearbox: "Gearbox", "Getriebe";
    color: "Colour", "Farbe";
    option: "Equipment", "Ausstattung";
    options: "Equipment", "Ausstattung";
    price: "Price", "Preis";
    year: "Year", "Baujahr";
    mileage: "Mileage", "Kilometerstand";
    power: "Power", "Leistung";
    power_unit: "hp", "PS";
    year_from: "Year from", "Baujahr ab";
    price_to: "Price up to", "Preis bis";
    place: "Place", "Ort";
    added: "Added", "Eingestellt";
    badge_new: "New", "Neu";
    badge_sold: "Sold", "Verkauft";
    badge_draft: "Draft", "Entwurf";
    badge_expired: "Expired", "Abgelaufen";

    crumbs: "You are here", "Sie sind hier";
    pictures: "Pictures", "Bilder";
    picture: "picture", "Bild";
    no_pictures: "The seller has not added pictures yet. A drawing stands in.", "Noch keine Bilder vom Verkäufer. Eine Zeichnung steht für das Auto.";
    facts: "Facts", "Fakten";
    description: "From the seller", "Vom Verkäufer";
    price_history: "Price history", "Preisgeschichte";
    history_empty: "No price change is known.", "Keine Preisänderung bekannt.";
    date: "Date", "Datum";
    change: "Change", "Änderung";
    first_price: "First price", "Erster Preis";
    offer: "Offer", "Angebot";
    price_down: "{} less than at the start", "{} weniger als am Anfang";
    seller: "Seller", "Verkäufer";
    seller_cars: "All cars of this seller", "Alle Autos dieses Verkäufers";
    since: "here since {}", "hier seit {}";
    somebody: "Private seller", "Privatverkäufer";
    sign_in_for_phone: "Sign in to see it", "Zum Ansehen anmelden";
    similar: "Similar cars", "Ähnliche Autos";
    edit: "Edit", "Bearbeiten";
    at_price: "for {}", "für {}";

    error_400: "That request makes no sense to us", "Diese Anfrage verstehen wir nicht";
    error_400_text: "The address or the form was damaged on its way.", "Die Adresse oder das Formular wurde unterwegs beschädigt.";
    error_403: "This is not for you", "Das ist nicht für Sie";
    error_403_text: "It belongs to somebody else, or the page was open for too long. Go back and try once more.", "Es gehört jemand anderem, oder die Seite war zu lange offen. Gehen Sie zurück und versuchen Sie es noch einmal.";
    error_404: "Nothing is parked here", "Hier parkt nichts";
    error_404_text: "The car may be sold and gone, or the address is wrong.", "Das Auto ist vielleicht verkauft, oder die Adresse stimmt nicht.";
    error_405: "That does not work here", "Das geht hier nicht";
    error_405_text: "This page cannot be called in that way.", "Diese Seite lässt sich so nicht aufrufen.";
    error_413: "That is too much", "Das ist zu viel";
    error_413_text: "Send fewer or smaller files.", "Senden Sie weniger oder kleinere Dateien.";
    error_429: "Not so fast", "Nicht so schnell";
    error_429_text: "There were too many attempts. Please wait a minute.", "Es waren zu viele Versuche. Bitte eine Minute warten.";
    error_500: "We have a breakdown", "Wir haben eine Panne";
    error_500_text: "The fault is ours, not yours. Please try again in a moment.", "Der Fehler liegt bei uns. Bitte gleich noch einmal versuchen.";
    error_503: "Back in a moment", "Gleich wieder da";
    error_503_text: "A part of the market is not available right now. Please try again in a moment.", "Ein Teil des Marktes ist gerade nicht verfügbar. Bitte gleich noch einmal versuchen.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_places_for_values() {
        for (key, en, de) in ALL {
            assert_eq!(en.matches("{}").count(), de.matches("{}").count(), "{key}");
            assert!(!en.trim().is_empty() && !de.trim().is_empty(), "{key}");
        }
    }

    #[test]
    fn a_value_takes_its_place_and_is_not_looked_through() {
        assert_eq!(fill(fill("{} of {}", "{}").as_str(), 2), "2 of {}");
        assert_eq!(fill("plain", 1), "plain");
    }
}
