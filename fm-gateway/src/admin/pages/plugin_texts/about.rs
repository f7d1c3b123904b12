//! What plugins do.

/// English and German.
pub const ABOUT: &[(&str, &str)] = &[
    ("Logs each request when it is answered", "Protokolliert jede Anfrage, wenn sie beantwortet ist"),
    ("Verifies the access token, and that its roles and scopes suffice", "Prüft das Zugriffstoken und ob seine Rollen und Scopes reichen"),
    (
        "Refuses requests that the service's OpenAPI document does not allow",
        "Weist Anfragen ab, die das OpenAPI-Dokument des Dienstes nicht erlaubt",
    ),
    ("Sends a copy of a share of the requests to another service", "Schickt eine Kopie eines Teils der Anfragen an einen anderen Dienst"),
    ("Bounds the body of requests", "Begrenzt die Größe von Anfragen"),
    ("Compresses answers for clients that take it", "Komprimiert Antworten für Clients, die es annehmen"),
    (
        "Keeps answers that may be shared, and gives them to others",
        "Bewahrt Antworten auf, die geteilt werden dürfen, und gibt sie anderen",
    ),
    (
        "Lets pages of other origins ask, and answers their preflights",
        "Lässt Seiten anderer Ursprünge anfragen und beantwortet ihre Preflights",
    ),
    ("Finds the running instances of a service", "Findet die laufenden Instanzen eines Dienstes"),
    ("Sets and removes headers of requests and answers", "Setzt und entfernt Header von Anfragen und Antworten"),
    ("Lets in clients by their address, or keeps them out", "Lässt Clients nach ihrer Adresse zu oder sperrt sie aus"),
    ("Sends the request on to an instance of a service", "Leitet die Anfrage an eine Instanz eines Dienstes weiter"),
    ("Bounds how often somebody may ask", "Begrenzt, wie oft jemand anfragen darf"),
    ("Sends the client to another address", "Leitet den Client auf eine andere Adresse um"),
    ("Answers with a fixed text or problem", "Antwortet mit einem festen Text oder Problem"),
    ("Sends another path to the upstream", "Sendet dem Upstream einen anderen Pfad"),
    ("Bounds how many requests are in flight at once", "Begrenzt, wie viele Anfragen gleichzeitig laufen"),
    (
        "Refuses requests for a while when too many fail or are slow",
        "Lehnt Anfragen eine Zeit lang ab, wenn zu viele scheitern oder langsam sind",
    ),
    ("Sends a share of the requests to another service", "Sendet einen Teil der Anfragen an einen anderen Dienst"),
    ("Asks a service whether a request may pass", "Fragt einen Dienst, ob eine Anfrage passieren darf"),
    ("Lets in clients by an API key", "Lässt Clients mit einem API-Schlüssel zu"),
    ("Lets in who knows a password", "Lässt zu, wer ein Passwort kennt"),
    ("Finds the addresses of a name by DNS", "Findet die Adressen eines Namens über DNS"),
    ("Names addresses of an upstream that is not in the registry", "Nennt Adressen eines Upstreams, der nicht in der Registry ist"),
    (
        "Lets in who has a token of another issuer (OpenID Connect)",
        "Lässt zu, wer ein Token eines anderen Ausstellers hat (OpenID Connect)",
    ),
];
