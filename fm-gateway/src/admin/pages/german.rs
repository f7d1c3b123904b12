//! German for what the check of a table says. Its own words are English, for scripts and logs; `{}` stands for the parts that differ.

use crate::table::Problem;

const SENTENCES: &[(&str, &str)] = &[
    // Settings and their schema.
    ("is missing", "fehlt"),
    ("is not known here", "ist hier nicht bekannt"),
    ("string expected", "Text erwartet"),
    ("integer expected", "ganze Zahl erwartet"),
    ("number expected", "Zahl erwartet"),
    ("boolean expected", "true oder false erwartet"),
    ("array expected", "Liste erwartet"),
    ("object expected", "Objekt mit Namen und Werten erwartet"),
    ("one of {} expected", "eines von {} erwartet"),
    ("at least {} characters expected", "mindestens {} Zeichen erwartet"),
    ("at most {} characters expected", "höchstens {} Zeichen erwartet"),
    ("at least {} items expected", "mindestens {} Einträge erwartet"),
    ("at most {} items expected", "höchstens {} Einträge erwartet"),
    ("at least {} expected", "mindestens {} erwartet"),
    ("at most {} expected", "höchstens {} erwartet"),
    ("a masked secret is not known here, set it anew", "ein maskiertes Geheimnis ist hier nicht bekannt, setzen Sie es neu"),
    ("the environment has no {}", "in der Umgebung gibt es {} nicht"),
    // The table and its routes.
    ("this gateway reads format {}", "dieses Gateway liest Format {}"),
    ("there is no active route", "keine Route ist aktiv"),
    ("an id has 1 to 64 lower-case letters, digits, - _ and .", "eine Id hat 1 bis 64 Kleinbuchstaben, Ziffern, - _ und ."),
    ("another route has this id", "eine andere Route hat diese Id"),
    (
        "claims the same requests as {}; give one of them a higher priority",
        "beansprucht dieselben Anfragen wie {}; geben Sie einer von beiden eine höhere Priorität",
    ),
    (
        "a route that is not public needs a plugin that knows who asks: authentication, api-key, basic-auth, external-auth, oidc",
        "eine Route, die nicht öffentlich ist, braucht ein Plugin, das weiß, wer anfragt: authentication, api-key, basic-auth, external-auth, oidc",
    ),
    (
        "a route that is not public needs a plugin that knows who asks, and it is switched off",
        "eine Route, die nicht öffentlich ist, braucht ein Plugin, das weiß, wer anfragt, und es ist ausgeschaltet",
    ),
    ("{} is not taken out", "{} wird nicht entfernt"),
    ("{} is no header's name in lower case", "{} ist kein Header-Name in Kleinbuchstaben"),
    ("{} is no method", "{} ist keine Methode"),
    ("{} is taken out of requests before a route is found", "{} wird aus Anfragen entfernt, bevor eine Route gesucht wird"),
    ("{}: a host is a lower-case name without port, or *.name", "{}: ein Host ist ein Name in Kleinbuchstaben ohne Port, oder *.name"),
    ("a path starts with /", "ein Pfad beginnt mit /"),
    ("the path does not start with /", "der Pfad beginnt nicht mit /"),
    (
        "the path is not in its normal form, so nothing would ever match it",
        "der Pfad hat nicht seine Normalform, nichts würde je auf ihn passen",
    ),
    ("a route has at most {} predicates", "eine Route hat höchstens {} Bedingungen"),
    ("there is a predicate on {} already", "es gibt schon eine Bedingung für {}"),
    ("the host is matched by hosts", "den Host vergleichen die Hosts"),
    ("the parameter {} is there twice", "den Parameter {} gibt es zweimal"),
    (
        "{}: a parameter is a whole segment, and ** stands at the end only",
        "{}: ein Parameter ist ein ganzes Segment, und ** steht nur am Ende",
    ),
    ("{}: a parameter's name has letters, digits and _ only", "{}: der Name eines Parameters hat nur Buchstaben, Ziffern und _"),
    ("one of header, query and cookie names the field", "eines von header, query und cookie nennt das Feld"),
    ("one of present, equals and one_of says what must hold", "eines von present, equals und one_of sagt, was gelten muss"),
    ("one_of has 1 to {} values", "one_of hat 1 bis {} Werte"),
    // Pipelines.
    ("there is no plugin {}", "es gibt kein Plugin {}"),
    ("an earlier plugin answers every request", "ein früheres Plugin beantwortet jede Anfrage"),
    ("the last plugin must answer: proxy, respond", "das letzte Plugin muss antworten: proxy, respond"),
    ("no earlier plugin sets {}", "kein früheres Plugin setzt {}"),
    ("the plugin that sets {} is switched off: {}", "das Plugin, das {} setzt, ist ausgeschaltet: {}"),
    ("{} needs the driver {}", "{} braucht den Treiber {}"),
    ("{}: a ${ has no end", "{}: ein ${ hat kein Ende"),
    ("{}: a variable has no name", "{}: eine Variable hat keinen Namen"),
    // Plugins.
    ("either a service or a target is asked", "gefragt wird entweder ein Dienst oder ein Ziel"),
    ("{}: a target is http://host:port", "{}: ein Ziel ist http://host:port"),
    ("{}: a path begins with / and has no variables", "{}: ein Pfad beginnt mit / und hat keine Variablen"),
    ("timeout is longer than 0s, and 5m at most", "timeout ist länger als 0s und höchstens 5m"),
    ("timeout is longer than 0s, and 60s at most", "timeout ist länger als 0s und höchstens 60s"),
    ("timeout is longer than 0s, and 30s at most", "timeout ist länger als 0s und höchstens 30s"),
    (
        "{}: clients can send this header themselves on other routes; x-user-... and x-auth-request-... are taken out everywhere",
        "{}: diesen Header können Clients auf anderen Routen selbst senden; x-user-... und x-auth-request-... werden überall entfernt",
    ),
    ("which cookie is it that sticks?", "welches Cookie bleibt gleich?"),
    ("{} is no cookie's name: letters, digits, - _ and .", "{} ist kein Cookie-Name: Buchstaben, Ziffern, - _ und ."),
    ("retry_after is from 1s to 1h", "retry_after geht von 1s bis 1h"),
    ("min_calls is not larger than window", "min_calls ist nicht größer als window"),
    ("{} is longer than 0s, and 1h at most", "{} ist länger als 0s und höchstens 1h"),
    (
        "{}: clients can send this header themselves on other routes; x-consumer-... are taken out everywhere",
        "{}: diesen Header können Clients auf anderen Routen selbst senden; x-consumer-... werden überall entfernt",
    ),
    ("{}: a name has 1 to 64 visible ASCII characters, none of {}", "{}: ein Name hat 1 bis 64 sichtbare ASCII-Zeichen, keines von {}"),
    ("{}: this header is taken out or has another use", "{}: dieser Header wird entfernt oder hat eine andere Aufgabe"),
    (
        "{}: traces would show the key; a name with api-key, token or secret is masked",
        "{}: Traces würden den Schlüssel zeigen; ein Name mit api-key, token oder secret wird maskiert",
    ),
    ("{}: a key's SHA-256 has 64 hexadecimal digits", "{}: der SHA-256 eines Schlüssels hat 64 hexadezimale Ziffern"),
    ("{} has the same key as {}", "{} hat denselben Schlüssel wie {}"),
    ("no key is named", "kein Schlüssel ist genannt"),
    ("at most {} keys are taken", "höchstens {} Schlüssel sind erlaubt"),
    (
        "{}: an argon2id hash of at most 256 MiB and 10 passes is expected, as {}",
        "{}: ein Hash mit argon2id von höchstens 256 MiB und 10 Durchgängen wird erwartet, wie {}",
    ),
    ("1 to {} users are expected", "1 bis {} Benutzer werden erwartet"),
    ("the realm has neither quotes nor backslashes", "der Bereich hat weder Anführungszeichen noch Backslashes"),
    ("the realm has visible characters only", "der Bereich hat nur sichtbare Zeichen"),
    ("the format combined has fields of its own", "das Format combined hat seine eigenen Felder"),
    (
        "{}: this header may carry a secret, which does not belong in a log",
        "{}: dieser Header kann ein Geheimnis tragen, das nicht in ein Protokoll gehört",
    ),
    ("* means any origin, and stands alone", "* bedeutet jeder Ursprung und steht allein"),
    ("credentials are for named origins only", "Zugangsdaten gibt es nur für genannte Ursprünge"),
    ("{} is no origin: scheme://host, in lower case, without a path", "{} ist kein Ursprung: schema://host in Kleinbuchstaben, ohne Pfad"),
    ("{} is no media type: type/subtype, type/* or *+suffix", "{} ist kein Medientyp: typ/untertyp, typ/* oder *+suffix"),
    ("a header is named, and not what is counted", "ein Header ist genannt, wird aber nicht gezählt"),
    ("which header's values are counted?", "die Werte welches Headers werden gezählt?"),
    ("per is from 1s to 1h", "per geht von 1s bis 1h"),
    ("a prefix starts with / and does not end in one", "ein Präfix beginnt mit / und endet nicht damit"),
    ("a service's name has no / and no variables", "der Name eines Dienstes hat kein / und keine Variablen"),
    ("an upstream's name has no / and no variables", "der Name eines Upstreams hat kein / und keine Variablen"),
    (
        "{}: an address is http://host:port or https://host:port, without variables",
        "{}: eine Adresse ist http://host:port oder https://host:port, ohne Variablen",
    ),
    ("{}: the address stands there twice", "{}: die Adresse steht zweimal da"),
    ("{}: a host is a name of DNS, without variables", "{}: ein Host ist ein Name des DNS, ohne Variablen"),
    ("addresses need a port", "Adressen brauchen einen Port"),
    ("SRV records say their own ports", "SRV-Einträge nennen ihre eigenen Ports"),
    ("min_ttl goes from 100ms to 1h", "min_ttl geht von 100ms bis 1h"),
    (
        "{}: a health check asks for a path that begins with / and has no variables",
        "{}: eine Zustandsprüfung fragt nach einem Pfad, der mit / beginnt und keine Variablen hat",
    ),
    ("health_interval goes from 100ms to 10m", "health_interval geht von 100ms bis 10m"),
    ("every weight is 0, so that no address gets a request", "jedes Gewicht ist 0, sodass keine Adresse eine Anfrage erhält"),
    ("a target is ${target} or an address without variables", "ein Ziel ist ${target} oder eine Adresse ohne Variablen"),
    (
        "{}: a target is ${target}, http://host:port or https://host:port",
        "{}: ein Ziel ist ${target}, http://host:port oder https://host:port",
    ),
    ("neither allow nor deny names an address", "weder allow noch deny nennt eine Adresse"),
    ("{} is neither an address nor a network", "{} ist weder eine Adresse noch ein Netz"),
    ("what is optional cannot ask for roles or scopes", "was freiwillig ist, kann keine Rollen oder Scopes verlangen"),
    ("{} is no path", "{} ist kein Pfad"),
    (
        "{}: an address of an issuer is https://host/path, without user and fragment",
        "{}: eine Adresse eines Ausstellers ist https://host/pfad, ohne Benutzer und Fragment",
    ),
    (
        "{}: over http:// anybody on the way could put keys in; clear_text allows it",
        "{}: über http:// könnte jeder unterwegs Schlüssel unterschieben; clear_text erlaubt es",
    ),
    ("ca: one or more certificates are expected, as PEM", "ca: ein oder mehrere Zertifikate werden erwartet, als PEM"),
    ("{} is from {} to {}", "{} geht von {} bis {}"),
    ("max_stale is not shorter than refresh", "max_stale ist nicht kürzer als refresh"),
    ("{} is no scope (RFC 6749, 3.3)", "{} ist kein Scope (RFC 6749, 3.3)"),
    ("which claim has the roles?", "welcher Claim hat die Rollen?"),
    ("{} is no header's name", "{} ist kein Header-Name"),
    ("{} is no header's value", "{} ist kein Header-Wert"),
    ("{} is no name", "{} ist kein Name"),
    ("{}: this header is the gateway's own to say", "{}: diesen Header setzt nur das Gateway selbst"),
    (
        "{} is neither a path nor http(s)://host..., with ${host} as the only variable in the host",
        "{} ist weder ein Pfad noch http(s)://host..., mit ${host} als einziger Variable im Host",
    ),
    // Drivers.
    ("{} registered instances", "{} registrierte Instanzen"),
    ("access tokens are verified by the keys in the registry", "Access-Token werden mit den Schlüsseln der Registry geprüft"),
    ("the registry has not answered yet", "die Registry hat noch nicht geantwortet"),
    ("the registry is unreachable, what was known last is used", "die Registry ist nicht erreichbar, es gilt, was zuletzt bekannt war"),
    ("no keys are known yet, access tokens are refused", "noch ist kein Schlüssel bekannt, Access-Token werden abgelehnt"),
    ("no instance of {} is up", "keine Instanz von {} ist erreichbar"),
    // Errors of pages.
    ("with FM_BUS=memory each service has a bus of its own", "mit FM_BUS=memory hat jeder Dienst einen eigenen Bus"),
    ("the message broker is unreachable: {}", "der Message-Broker ist nicht erreichbar: {}"),
    (
        "dashboard and Admin API are refused here without TLS; say with FM_ADMIN_CLEAR_TEXT what protects the port",
        "Dashboard und Admin-API gibt es hier nicht ohne TLS; sagen Sie mit FM_ADMIN_CLEAR_TEXT, was den Port schützt",
    ),
    ("not found", "nicht gefunden"),
    ("no instance keeps this trace", "keine Instanz hat diesen Trace"),
    ("no instance keeps this trace; no answer from {}", "keine Instanz hat diesen Trace; keine Antwort von {}"),
    ("no route is selected", "keine Route ist ausgewählt"),
    ("the list of routes has changed, load the page again", "die Liste der Routen hat sich geändert, laden Sie die Seite neu"),
    ("this needs the role {}", "dafür ist die Rolle {} nötig"),
    ("the form has expired, load the page again", "das Formular ist abgelaufen, laden Sie die Seite neu"),
    (
        "your draft was changed in another window, load the page again",
        "Ihr Entwurf wurde in einem anderen Fenster geändert, laden Sie die Seite neu",
    ),
    ("no other instance of {} gets requests; start one first", "keine andere Instanz von {} erhält Anfragen; starten Sie erst eine"),
    ("this must be confirmed", "das muss bestätigt werden"),
    ("the draft has routes already", "im Entwurf gibt es schon Routen"),
    ("a saved request has at most {} bytes", "eine gespeicherte Anfrage hat höchstens {} Byte"),
    ("{} requests are saved already, delete one first", "{} Anfragen sind schon gespeichert, löschen Sie erst eine"),
    (
        "must have 1 to {} characters, no . at the beginning and none of {}",
        "muss 1 bis {} Zeichen haben, keinen . am Anfang und keines von {}",
    ),
    // Imports.
    ("it is no JSON: {}", "das ist kein JSON: {}"),
    ("it is no OpenAPI document of version 3", "das ist kein OpenAPI-Dokument der Version 3"),
    ("it has no paths", "es hat keine Pfade"),
    ("it has no operations", "es hat keine Operationen"),
    ("it has more than {} paths", "es hat mehr als {} Pfade"),
    ("the list is empty", "die Liste ist leer"),
    ("{}: the reference {} leads nowhere", "{}: der Verweis {} führt nirgendwohin"),
    ("entry {}: a path starts with /", "Eintrag {}: ein Pfad beginnt mit /"),
    ("entry {}: missing field {}", "Eintrag {}: das Feld {} fehlt"),
    ("entry {}: unknown field {}, expected {}", "Eintrag {}: das Feld {} gibt es nicht, erwartet wird {}"),
    (
        "an OpenAPI document needs the service that its routes lead to",
        "ein OpenAPI-Dokument braucht den Dienst, zu dem seine Routen führen",
    ),
    ("the document names no security: all routes are public", "das Dokument nennt keine Zugriffsrechte: alle Routen sind öffentlich"),
    ("the list names no security: all routes are public", "die Liste nennt keine Zugriffsrechte: alle Routen sind öffentlich"),
    ("TRACE {} is left out, the gateway never serves it", "TRACE {} fehlt, das Gateway bedient es nie"),
    ("the server {} has no plain path and is left out", "der Server {} hat keinen einfachen Pfad und fehlt"),
    (
        "{}: {} is taken as a whole, the router has no parameters within a segment",
        "{}: {} wird als Ganzes genommen, der Router kennt keine Parameter innerhalb eines Segments",
    ),
    (
        "{}: {} is no access token; the plugin authentication takes nothing else",
        "{}: {} ist kein Access-Token; das Plugin authentication nimmt nichts anderes an",
    ),
    ("{}: of several security requirements the first one is taken", "{}: von mehreren Zugriffsrechten gilt das erste"),
];

/// Says it in German, or as it is if there is no German for it.
pub fn german(message: &str) -> String {
    translated(SENTENCES, message).unwrap_or_else(|| message.to_owned())
}

/// The first of the sentences that it is, in German.
pub fn translated(sentences: &[(&str, &str)], message: &str) -> Option<String> {
    sentences.iter().find_map(|(english, german)| fill(german, parts(english, message)?))
}

/// The same of a reason that may begin with its place: `path: is missing`.
pub fn german_reason(reason: &str) -> String {
    let whole = german(reason);
    match reason.split_once(": ").filter(|(place, _)| whole == reason && !place.contains(' ')) {
        Some((place, message)) => format!("{place}: {}", german(message)),
        None => whole,
    }
}

/// The problems of a table in the language of a page.
pub fn localised(mut problems: Vec<Problem>, is_german: bool) -> Vec<Problem> {
    if is_german {
        problems.iter_mut().for_each(|problem| problem.message = german(&problem.message));
    }
    problems
}

/// What stands in a message where its pattern has `{}`.
fn parts<'m>(pattern: &str, message: &'m str) -> Option<Vec<&'m str>> {
    let mut fixed = pattern.split("{}");
    let mut rest = message.strip_prefix(fixed.next()?)?;
    let mut found = Vec::new();
    let mut fixed = fixed.peekable();
    while let Some(next) = fixed.next() {
        // The last one reaches to the end: a part may hold the words that follow it.
        let end = if fixed.peek().is_none() { rest.strip_suffix(next)?.len() } else { rest.find(next)? };
        found.push(&rest[..end]);
        rest = &rest[end + next.len()..];
    }
    rest.is_empty().then_some(found)
}

fn fill(pattern: &str, parts: Vec<&str>) -> Option<String> {
    let mut parts = parts.into_iter();
    let mut text = String::new();
    for (n, fixed) in pattern.split("{}").enumerate() {
        if n > 0 {
            text.push_str(parts.next()?);
        }
        text.push_str(fixed);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pipeline::Catalogue, table::Table};
    use serde_json::json;

    #[test]
    fn each_sentence_has_as_many_parts_in_both_languages() {
        for (english, german) in SENTENCES {
            assert_eq!(english.matches("{}").count(), german.matches("{}").count(), "{english}");
        }
    }

    #[test]
    fn translated_messages_keep_their_values_and_unknown_ones_stay_english() {
        assert_eq!(german("at least 3 characters expected"), "mindestens 3 Zeichen erwartet");
        assert_eq!(german("at least 3 expected"), "mindestens 3 erwartet");
        assert_eq!(german("proxy needs the driver registry"), "proxy braucht den Treiber registry");
        assert_eq!(german("\"a is no path\" is no path"), "\"a is no path\" ist kein Pfad");
        assert_eq!(german("this needs the role editor"), "dafür ist die Rolle editor nötig");
        assert_eq!(german("something new"), "something new");
        assert_eq!(german_reason("plugins[0].settings.rate: is missing"), "plugins[0].settings.rate: fehlt");
        assert_eq!(german_reason("no instance of fm-cars is up"), "keine Instanz von fm-cars ist erreichbar");
    }

    #[test]
    fn every_table_error_has_a_german_translation() {
        let stage = |plugin: &str, settings: serde_json::Value| json!({"plugin": plugin, "settings": settings});
        let table = json!({"format": 2, "routes": [
            {"id": "A B", "path": "x", "plugins": []},
            {"id": "a", "path": "/a/{x}/{x}", "public": true, "methods": ["get"], "hosts": ["UPPER"], "plugins": [stage("none", json!({}))]},
            {"id": "a", "path": "/a/b{x}", "public": true, "plugins": [stage("respond", json!({})), stage("respond", json!({"status": 1000, "headers": 3}))]},
            {"id": "b", "path": "/b", "public": true, "allow_headers": ["x-y", "UPPER"], "plugins": [stage("rate-limit", json!({"per": 5, "by": "x"})), stage("respond", json!({}))]},
            {"id": "c", "path": "/b", "public": true, "plugins": [stage("cors", json!({"origins": []})), stage("rewrite", json!({"path": "x"})), stage("proxy", json!({"retries": 9, "target": "ftp://x", "more": 1}))]},
            {"id": "d", "path": "/d", "public": true, "predicates": [{"header": "a"}, {"equals": "b"}], "plugins": [stage("ip", json!({})), stage("discovery", json!({"service": ""})), stage("respond", json!({"body": "${x"}))]},
        ]});
        let table: Table = serde_json::from_value(table).unwrap();
        let problems = crate::pipeline::check(&table, &Catalogue::shipped()).unwrap_err().0;
        assert!(problems.len() > 15, "{problems:?}");
        let english: Vec<_> = problems.iter().filter(|p| german(&p.message) == p.message).collect();
        assert!(english.is_empty(), "{english:?}");
    }
}
