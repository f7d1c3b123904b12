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
    menu_buy: "Find a car", "Suchen";
    menu_sell: "Sell", "Verkaufen";
    nav_foot: "More", "Weiteres";
    nav_buy: "Find a car", "Auto finden";
    nav_sell: "Sell a car", "Auto verkaufen";
    nav_mine: "My cars", "Meine Autos";
    nav_favourites: "Favourites", "Merkliste";
    heart_on: "Remember {}", "{} merken";
    heart_off: "Forget {}", "{} nicht mehr merken";
    favourites_here: "Kept in this browser only. Sign in to have them everywhere:", "Nur in diesem Browser gemerkt. Melden Sie sich an, um sie überall zu haben:";
    favourites_empty: "Nothing remembered yet.", "Noch nichts gemerkt.";
    favourites_empty_text: "Press the heart on a car, and you find it here, with every change of its price.", "Tippen Sie bei einem Auto auf das Herz, dann finden Sie es hier, mit jeder Preisänderung.";
    favourites_full: "Your list is full: 100 cars are remembered. Remove one first.", "Ihre Merkliste ist voll: 100 Autos sind gemerkt. Entfernen Sie zuerst eines.";
    favourites_gone_one: "1 car that you remembered is no longer offered.", "1 gemerktes Auto wird nicht mehr angeboten.";
    favourites_gone_many: "{} cars that you remembered are no longer offered.", "{} gemerkte Autos werden nicht mehr angeboten.";
    favourites_tidy: "Remove from the list", "Von der Liste entfernen";
    favourite_fallen: "{} less than when you remembered it", "{} weniger als beim Merken";
    favourite_risen: "{} more than when you remembered it", "{} mehr als beim Merken";
    searches: "Saved searches", "Suchaufträge";
    save_search: "Save this search", "Suche speichern";
    search_saved: "The search is saved. New cars and fallen prices appear here.", "Die Suche ist gespeichert. Neue Autos und gefallene Preise erscheinen hier.";
    searches_full: "You have saved 50 searches already. Remove one first.", "Sie haben schon 50 Suchen gespeichert. Entfernen Sie zuerst eine.";
    search_not_saved: "This search cannot be saved.", "Diese Suche lässt sich nicht speichern.";
    searches_empty: "No saved searches yet.", "Noch keine Suchaufträge.";
    searches_empty_text: "Set filters and save the search: you are told here of new cars and of prices that fall.", "Setzen Sie Filter und speichern Sie die Suche: Hier erfahren Sie von neuen Autos und gefallenen Preisen.";
    alerts: "What is new", "Neuigkeiten";
    alerts_empty: "Nothing yet. Cars that match, and prices that fall, appear here.", "Noch nichts. Passende Autos und gefallene Preise erscheinen hier.";
    alert_new_match: "new for your search", "neu für Ihre Suche";
    alert_price_drop: "{} cheaper", "{} günstiger";
    new_cars_one: "1 new", "1 neu";
    new_cars_many: "{} new", "{} neu";
    seen: "Recently viewed", "Zuletzt angesehen";
    compare: "Compare", "Vergleichen";
    compare_chosen: "Compare the chosen ones", "Ausgewählte vergleichen";
    compare_empty: "Choose two to four cars.", "Wählen Sie zwei bis vier Autos.";
    compare_empty_text: "Tick them in your favourites, and see them side by side here.", "Haken Sie sie in der Merkliste an, dann stehen sie hier nebeneinander.";
    best: "best", "am besten";
    yes: "yes", "ja";
    no: "no", "nein";
    nav_inbox: "Messages", "Nachrichten";
    unread: "unread", "ungelesen";
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
    ask: "What are you looking for?", "Was suchen Sie?";
    ask_hint: "e.g. Golf diesel up to 15,000 in Berlin", "z. B. Golf Diesel bis 15.000 in Berlin";
    ask_go: "Search", "Suchen";
    ask_list: "Suggestions", "Vorschläge";
    load_models: "Show the maker's models", "Modelle der Marke zeigen";
    by_body: "What shape should it be?", "Welche Form soll es sein?";
    latest: "Last added", "Zuletzt eingestellt";
    latest_empty: "No cars yet.", "Noch keine Autos.";
    sell_first: "Be the first to sell one.", "Verkaufen Sie das erste.";
    live: "Live", "Live";
    live_stop: "Pause", "Anhalten";
    live_go: "Keep up to date", "Aktuell halten";
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
    sort_near: "Distance, nearest first", "Entfernung, nächste zuerst";
    sort_deal: "Best price first", "Bester Preis zuerst";
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
    per_page: "Cars on a page", "Autos je Seite";
    unknown_title: "Part of this search is not known.", "Ein Teil dieser Suche ist unbekannt.";
    unknown_text: "The results leave it out:", "Die Ergebnisse lassen ihn weg:";
    unknown_remove: "Remove it", "Entfernen";
    search_refused: "This search is not understood", "Diese Suche verstehen wir nicht";
    search_refused_text: "A filter in the address has a value that cannot be searched for.", "Ein Filter in der Adresse hat einen Wert, nach dem sich nicht suchen lässt.";
    page_beyond: "There is no page {}", "Es gibt keine Seite {}";
    page_beyond_text: "The last one is page {}.", "Die letzte ist Seite {}.";
    page_beyond_one: "Everything fits on one page.", "Alles passt auf eine Seite.";
    page_last: "To page {}", "Zu Seite {}";
    results_failed: "The results could not be loaded.", "Die Ergebnisse ließen sich nicht laden.";
    results_failed_text: "Below is what fitted the filters before.", "Unten steht, was zu den Filtern davor passte.";
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
    near: "Postal code or town", "PLZ oder Ort";
    radius: "Within", "Umkreis";
    around: "{} around {}", "{} um {}";
    no_place: "There is no such place in Germany. Enter a postal code or a town.", "Diesen Ort gibt es in Deutschland nicht. Geben Sie eine Postleitzahl oder einen Ort ein.";
    distance: "{} km away", "{} km entfernt";
    distance_none: "less than 1 km away", "weniger als 1 km entfernt";
    places_source: "Places: © OpenStreetMap contributors", "Orte: © OpenStreetMap-Mitwirkende";
    added: "Added", "Eingestellt";
    badge_new: "New", "Neu";
    badge_sold: "Sold", "Verkauft";
    badge_draft: "Draft", "Entwurf";
    badge_expired: "Expired", "Abgelaufen";

    rating: "Price rating", "Preisbewertung";
    rating_very_good: "Very good price", "Sehr guter Preis";
    rating_good: "Good price", "Guter Preis";
    rating_fair: "Fair price", "Fairer Preis";
    rating_high: "Raised price", "Erhöhter Preis";
    rating_very_high: "High price", "Hoher Preis";
    rating_like: "like {} similar cars", "wie {} ähnliche Autos";
    rating_under: "{} under {} similar cars", "{} unter {} ähnlichen Autos";
    rating_over: "{} over {} similar cars", "{} über {} ähnlichen Autos";
    rating_expected: "Similar cars of this year and mileage cost about {}.", "Ähnliche Autos dieses Jahrgangs und Kilometerstands kosten etwa {}.";
    rating_how: "How is this worked out?", "Wie wird das berechnet?";
    rating_method: "We compare with all cars on offer of the same maker, model and engine, and take year and mileage into account: among them a year newer changes the price by {}, 10,000 km more by {}. Equipment and condition are not considered.", "Wir vergleichen mit allen angebotenen Autos der gleichen Marke, des gleichen Modells und Antriebs und berücksichtigen Baujahr und Kilometerstand: Bei ihnen ändert ein Jahr jünger den Preis um {}, 10.000 km mehr um {}. Ausstattung und Zustand gehen nicht ein.";
    rating_too_cheap: "Unusually cheap. Never pay before you have seen the car and its papers.", "Ungewöhnlich günstig. Zahlen Sie nie, bevor Sie Auto und Papiere gesehen haben.";
    not_rated: "Not rated", "Nicht bewertet";
    not_rated_few_peers: "A rating takes at least {} similar cars on offer; there are fewer, or this one cannot be compared with them.", "Für eine Bewertung braucht es mindestens {} ähnliche Autos im Angebot; es sind weniger, oder dieses lässt sich nicht mit ihnen vergleichen.";
    not_rated_incomplete: "A rating takes the model and the mileage, which are not said.", "Für eine Bewertung fehlen Modell oder Kilometerstand.";
    not_rated_not_listed: "Only cars that are for sale are rated.", "Bewertet werden nur Autos, die zum Verkauf stehen.";
    closed_for_messages: "This car is not for sale any more.", "Dieses Auto steht nicht mehr zum Verkauf.";

    crumbs: "You are here", "Sie sind hier";
    pictures: "Pictures", "Bilder";
    picture: "picture", "Bild";
    previous_picture: "Previous picture", "Voriges Bild";
    next_picture: "Next picture", "Nächstes Bild";
    no_pictures: "The seller has not added pictures yet. A drawing stands in.", "Noch keine Bilder vom Verkäufer. Eine Zeichnung steht für das Auto.";
    facts: "Facts", "Fakten";
    description: "From the seller", "Vom Verkäufer";
    price_history: "Price history", "Preisgeschichte";
    history_empty: "No price change is known.", "Keine Preisänderung bekannt.";
    history_draft: "The price history begins when the car is on the market.", "Die Preisgeschichte beginnt, wenn das Auto auf dem Markt ist.";
    date: "Date", "Datum";
    change: "Change", "Änderung";
    first_price: "First price", "Erster Preis";
    offer: "Offer", "Angebot";
    price_down: "{} less than at the start", "{} weniger als am Anfang";
    seller: "Seller", "Verkäufer";
    seller_cars: "All cars of this seller", "Alle Autos dieses Verkäufers";
    since: "here since {}", "hier seit {}";
    somebody: "Private seller", "Privatverkäufer";
    similar: "Similar cars", "Ähnliche Autos";
    edit: "Edit", "Bearbeiten";
    at_price: "for {}", "für {}";

    write_to_seller: "Write to the seller", "Verkäufer schreiben";
    call: "Call", "Anrufen";
    show_number: "Show the number", "Nummer zeigen";
    dealer: "Dealer", "Händler";
    private: "Private seller", "Privatverkäufer";
    your_message: "Your message", "Ihre Nachricht";
    message_hint: "For example: when could you see the car, and what would you like to know?", "Zum Beispiel: Wann könnten Sie das Auto ansehen, und was möchten Sie wissen?";
    message_private: "Your email address is not shown. Answers come to your messages here.", "Ihre E-Mail-Adresse wird nicht gezeigt. Antworten kommen hier in Ihre Nachrichten.";
    send: "Send", "Senden";
    own_car: "This car is your own.", "Das ist Ihr eigenes Auto.";
    not_for_sale: "This car is not for sale any more, so the message was not sent.", "Dieses Auto steht nicht mehr zum Verkauf, deshalb wurde die Nachricht nicht gesendet.";
    conversation_full: "This conversation is full. Please call each other.", "Diese Unterhaltung ist voll. Bitte telefonieren Sie miteinander.";
    messages_throttled: "You have written many messages in a short time. Please wait a minute, then send it again.", "Sie haben in kurzer Zeit viele Nachrichten geschrieben. Bitte warten Sie eine Minute und senden Sie dann noch einmal.";
    inbox_empty: "No messages yet.", "Noch keine Nachrichten.";
    inbox_empty_text: "When you write to a seller, or a buyer writes to you, you find it here.", "Wenn Sie einem Verkäufer schreiben oder ein Käufer Ihnen, finden Sie das hier.";
    role_seller: "Seller", "Verkäufer";
    role_buyer: "Interested in your car", "Interessiert sich für Ihr Auto";
    you: "You", "Sie";
    new_messages_one: "1 new message", "1 neue Nachricht";
    new_messages_many: "{} new messages", "{} neue Nachrichten";
    conversation_with: "Conversation with {}", "Unterhaltung mit {}";
    person_gone: "Deleted account", "Gelöschtes Konto";
    person_gone_text: "This account was deleted: nobody would read an answer. What you wrote to each other stays here.", "Dieses Konto wurde gelöscht: Niemand würde eine Antwort lesen. Was Sie einander geschrieben haben, bleibt hier.";
    car_gone: "No longer offered", "Nicht mehr angeboten";
    back_to_inbox: "All messages", "Alle Nachrichten";
    report: "Report this conversation", "Unterhaltung melden";
    report_explained: "Our moderators get your report with the last messages. {} does not hear of it.", "Unsere Moderatoren erhalten Ihre Meldung mit den letzten Nachrichten. {} erfährt davon nichts.";
    report_reason: "What is wrong?", "Was stimmt nicht?";
    report_text: "What should we know?", "Was sollten wir wissen?";
    report_send: "Send the report", "Meldung senden";
    reason_fraud: "It looks like fraud", "Es sieht nach Betrug aus";
    reason_spam: "Advertising", "Werbung";
    reason_abuse: "Insults or threats", "Beleidigungen oder Drohungen";
    reason_other: "Something else", "Etwas anderes";
    notice_sent: "Your message is sent.", "Ihre Nachricht ist gesendet.";
    notice_reported: "Thank you. We will look at it.", "Danke. Wir sehen uns das an.";

    optional: "optional", "freiwillig";
    please_choose: "Please choose", "Bitte wählen";
    not_said: "Not said", "Keine Angabe";
    save: "Save", "Speichern";
    cancel: "Cancel", "Abbrechen";
    delete: "Delete", "Löschen";
    form_failed: "Not done yet", "Noch nicht erledigt";
    form_check: "Please check the fields that are marked.", "Bitte prüfen Sie die markierten Felder.";

    login: "Name or email address", "Name oder E-Mail-Adresse";
    username: "User name", "Benutzername";
    username_hint: "Others see it beside your cars.", "Andere sehen ihn bei Ihren Autos.";
    email: "Email address", "E-Mail-Adresse";
    password: "Password", "Passwort";
    password_hint: "At least 10 characters.", "Mindestens 10 Zeichen.";
    new_here: "New here?", "Neu hier?";
    known_here: "You have an account?", "Sie haben ein Konto?";
    sign_out: "Sign out", "Abmelden";
    sign_in_failed: "Name or password is wrong.", "Name oder Passwort ist falsch.";
    sign_in_throttled: "There were too many attempts. Please wait a minute.", "Es waren zu viele Versuche. Bitte eine Minute warten.";
    taken: "Somebody has an account with this name or address already.", "Mit diesem Namen oder dieser Adresse gibt es schon ein Konto.";
    unavailable: "This is not possible right now. Nothing was changed. Please try again in a moment.", "Das geht gerade nicht. Es wurde nichts geändert. Bitte gleich noch einmal versuchen.";
    notice_welcome: "You are signed in.", "Sie sind angemeldet.";
    notice_signed_out: "You are signed out.", "Sie sind abgemeldet.";
    notice_sign_in_again: "Your session has ended. Please sign in again.", "Ihre Sitzung ist beendet. Bitte melden Sie sich neu an.";
    notice_saved: "Saved.", "Gespeichert.";
    notice_password: "Your password is changed; other devices are signed out.", "Ihr Passwort ist geändert; andere Geräte sind abgemeldet.";
    notice_published: "Your car is on the market.", "Ihr Auto ist auf dem Markt.";
    notice_sold: "Congratulations! The car is marked as sold.", "Glückwunsch! Das Auto ist als verkauft markiert.";
    notice_deleted: "The car is deleted.", "Das Auto ist gelöscht.";
    notice_uploaded: "The pictures are there.", "Die Bilder sind da.";
    notice_try_again: "Your session was renewed. Please try that once more.", "Ihre Sitzung wurde erneuert. Bitte noch einmal versuchen.";

    account_data: "Name and address", "Name und Adresse";
    account_data_text: "You sign in with either of them.", "Mit beiden können Sie sich anmelden.";
    profile: "Public profile", "Öffentliches Profil";
    profile_text: "Buyers see this beside your cars. Your number is shown in full only to those who are signed in.", "Käufer sehen das bei Ihren Autos. Ihre Nummer sehen nur Angemeldete ganz.";
    full_name: "Name", "Name";
    location: "Place", "Ort";
    phone: "Telephone", "Telefon";
    about: "About you", "Über Sie";
    change_password: "Change password", "Passwort ändern";
    change_password_text: "Other devices are signed out.", "Andere Geräte werden abgemeldet.";
    old_password: "Present password", "Bisheriges Passwort";
    new_password: "New password", "Neues Passwort";
    delete_account: "Delete account", "Konto löschen";
    delete_account_text: "Your account, your cars and their pictures go. It cannot be undone.", "Ihr Konto, Ihre Autos und deren Bilder verschwinden. Das lässt sich nicht rückgängig machen.";
    delete_confirm: "Type your user name to confirm", "Zur Bestätigung Ihren Benutzernamen eingeben";
    delete_mismatch: "This is not your user name.", "Das ist nicht Ihr Benutzername.";
    password_wrong: "This is not your password.", "Das ist nicht Ihr Passwort.";
    last_admin: "You are the last administrator: make somebody else one first.", "Sie sind der letzte Administrator: Ernennen Sie zuerst jemand anderen.";
    goodbye_pending: "Your account is being deleted", "Ihr Konto wird gelöscht";
    goodbye_pending_text: "You are signed out already. Your cars and pictures follow; this page looks again by itself.", "Sie sind schon abgemeldet. Autos und Bilder folgen; diese Seite schaut von selbst wieder nach.";
    goodbye_done: "Everything is deleted", "Alles ist gelöscht";
    goodbye_done_text: "Cars deleted with the account: {}. Thank you for having been here.", "Mit dem Konto gelöschte Autos: {}. Danke, dass Sie hier waren.";

    mine_empty: "You have no cars here yet.", "Sie haben hier noch keine Autos.";
    status_listed: "On the market", "Auf dem Markt";
    publish: "Publish", "Veröffentlichen";
    publish_now: "Publish without pictures", "Ohne Bilder veröffentlichen";
    mark_sold: "Mark as sold", "Verkauft melden";
    sold_confirm: "Is it sold?", "Ist es verkauft?";
    sold_text: "{} leaves the search. Its page stays, marked as sold. It cannot be changed after that.", "{} verschwindet aus der Suche. Die Seite bleibt, als verkauft markiert. Danach lässt sich nichts mehr ändern.";
    delete_car: "Delete this car?", "Dieses Auto löschen?";
    delete_car_text: "{} and its pictures go. It cannot be undone.", "{} und die Bilder dazu verschwinden. Das lässt sich nicht rückgängig machen.";
    closed_title: "This car is sold", "Dieses Auto ist verkauft";
    closed_text: "{} was marked as sold. Its facts, price and pictures stay as they were.", "{} ist als verkauft gemeldet. Fakten, Preis und Bilder bleiben, wie sie waren.";
    closed_hint: "You can still show its page, delete it, or sell another car.", "Sie können die Seite noch zeigen, das Auto löschen oder ein anderes verkaufen.";
    sell_another: "Sell another car", "Anderes Auto verkaufen";
    draft_not_sold: "This car is a draft. Publish it first, then mark it as sold; or delete it.", "Dieses Auto ist ein Entwurf. Veröffentlichen Sie es zuerst, dann können Sie es verkauft melden; oder löschen Sie es.";
    edit_title: "Edit your car", "Auto bearbeiten";
    steps: "Steps", "Schritte";
    step_facts: "Facts", "Fakten";
    step_pictures: "Pictures", "Bilder";
    step_publish: "Publish", "Veröffentlichen";
    part_car: "Which car is it?", "Welches Auto ist es?";
    part_state: "Condition and technology", "Zustand und Technik";
    part_offer: "Offer", "Angebot";
    model_hint: "Choose one or type it.", "Auswählen oder eintippen.";
    postal_code: "Postal code", "Postleitzahl";
    to_pictures: "Continue: pictures", "Weiter: Bilder";
    sold_before: "This form has made a car already, and that car was deleted. Send it once more to list it anew.", "Mit diesem Formular wurde schon ein Auto angelegt und danach gelöscht. Senden Sie es noch einmal ab, um es neu anzulegen.";
    changed_meanwhile: "This car was changed somewhere else in the meantime. Look at it again, then save once more.", "Dieses Auto wurde inzwischen anderswo geändert. Sehen Sie es noch einmal durch und speichern Sie erneut.";
    add_pictures: "Add pictures", "Bilder hinzufügen";
    add_pictures_text: "JPEG, PNG or WebP, up to 10 MB each and 20 at once. Places where they were taken are removed.", "JPEG, PNG oder WebP, bis 10 MB je Bild und 20 auf einmal. Aufnahmeorte werden entfernt.";
    choose_pictures: "Choose pictures or drop them here", "Bilder wählen oder hierher ziehen";
    upload: "Upload", "Hochladen";
    sending: "{} is on its way", "{} wird gesendet";
    sent: "{} is there", "{} ist da";
    not_sent: "{} was not taken", "{} wurde nicht angenommen";
    too_large: "larger than 10 MB", "größer als 10 MB";
    upload_refused: "The pictures were not taken:", "Die Bilder wurden nicht angenommen:";
    upload_kind: "Only JPEG, PNG and WebP can be taken.", "Nur JPEG, PNG und WebP sind möglich.";
    upload_large: "A picture is larger than 10 MB, or there are more than 20.", "Ein Bild ist größer als 10 MB, oder es sind mehr als 20.";
    upload_broken: "A picture cannot be read, or has too many pixels.", "Ein Bild ist nicht lesbar oder hat zu viele Pixel.";
    your_pictures: "Your pictures", "Ihre Bilder";
    main_picture: "Main picture", "Hauptbild";
    main_picture_text: "The first one is shown in lists.", "Das erste steht in den Listen.";
    make_main: "Make it the first", "Als erstes zeigen";
    move_up: "Earlier", "Nach vorn";
    move_down: "Later", "Nach hinten";
    picture_moved: "Picture {} of {}", "Bild {} von {}";
    picture_removed: "The picture is removed.", "Das Bild ist entfernt.";
    publish_waits: "The car is published as soon as the pictures are there.", "Das Auto wird veröffentlicht, sobald die Bilder da sind.";
    not_published: "Not published yet: a picture was not taken. Add it again, or publish without it.", "Noch nicht veröffentlicht: Ein Bild wurde nicht angenommen. Fügen Sie es noch einmal hinzu oder veröffentlichen Sie ohne.";
    preview: "Preview", "Vorschau";
    show_car: "Show the car", "Auto zeigen";

    error_400: "That request makes no sense to us", "Diese Anfrage verstehen wir nicht";
    error_400_text: "The address or the form was damaged on its way.", "Die Adresse oder das Formular wurde unterwegs beschädigt.";
    error_403: "This is not for you", "Das ist nicht für Sie";
    error_403_text: "It belongs to somebody else, or the page was open for too long. Go back and try once more.", "Es gehört jemand anderem, oder die Seite war zu lange offen. Gehen Sie zurück und versuchen Sie es noch einmal.";
    error_404: "Nothing is parked here", "Hier parkt nichts";
    error_404_text: "The car may be sold and gone, or the address is wrong.", "Das Auto ist vielleicht verkauft, oder die Adresse stimmt nicht.";
    error_405: "That does not work here", "Das geht hier nicht";
    error_405_text: "This page cannot be called in that way.", "Diese Seite lässt sich so nicht aufrufen.";
    error_409: "That has changed in the meantime", "Das hat sich inzwischen geändert";
    error_409_text: "It was changed or finished somewhere else. Go back, load the page again and look what is possible now.", "Es wurde anderswo geändert oder abgeschlossen. Gehen Sie zurück, laden Sie die Seite neu und sehen Sie nach, was jetzt geht.";
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
