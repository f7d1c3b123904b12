//! What the tester says in the language of a page: the outcomes of steps, the instances that were asked, and why a route takes a request. The
//! words of plugins and of the router are English: programs and logs read them.

use super::german::{german, translated};
use crate::{
    pipeline::trace::{Attempt, AttemptKind, AttemptOutcome, StepOutcome},
    trial::{Considered, Taken},
};
use fm_sdk::Error;

const SENTENCES: &[(&str, &str)] = &[
    // What steps fail with.
    ("sign in first", "erst anmelden"),
    ("sign in first: there is no access token", "erst anmelden: es gibt kein Zugriffstoken"),
    ("one Authorization header with a bearer token is expected", "ein Header Authorization mit einem Bearer-Token wird erwartet"),
    (
        "tokens cannot be checked yet: the registry has not answered",
        "Token lassen sich noch nicht prüfen: die Registry hat nicht geantwortet",
    ),
    ("this needs the role {} or {}", "dafür ist die Rolle {} oder {} nötig"),
    ("this needs the scope {}", "dafür ist der Scope {} nötig"),
    ("too many requests; ask again later", "zu viele Anfragen; später noch einmal fragen"),
    ("all instances of {} are drained", "alle Instanzen von {} werden geleert"),
    ("no instance of {} answers", "keine Instanz von {} antwortet"),
    ("no address of {} is known", "keine Adresse von {} ist bekannt"),
    ("no step has found an upstream", "kein Schritt hat einen Upstream gefunden"),
    ("too many requests are in flight here", "hier laufen zu viele Anfragen gleichzeitig"),
    ("too many requests have failed here; ask again later", "hier sind zu viele Anfragen gescheitert; später noch einmal fragen"),
    ("too many attempts, try again later", "zu viele Versuche, später noch einmal versuchen"),
    ("too many sign-ins at once, try again", "zu viele Anmeldungen gleichzeitig, noch einmal versuchen"),
    ("this is not allowed", "das ist nicht erlaubt"),
    ("it cannot be checked who asks", "es lässt sich nicht prüfen, wer anfragt"),
    (
        "it cannot be checked who asks: the issuer's keys are not known",
        "es lässt sich nicht prüfen, wer anfragt: die Schlüssel des Ausstellers sind nicht bekannt",
    ),
    ("this needs the scopes {}", "dafür sind die Scopes {} nötig"),
    ("the token is not a signed compact JWT", "das Token ist kein signiertes kompaktes JWT"),
    ("the token is signed by an algorithm that is not taken", "das Token ist mit einem Verfahren signiert, das nicht angenommen wird"),
    ("the token has extensions that are not understood", "das Token hat Erweiterungen, die nicht verstanden werden"),
    ("the issuer has no such key", "der Aussteller hat keinen solchen Schlüssel"),
    ("the token's signature does not fit", "die Signatur des Tokens passt nicht"),
    ("the token comes from another issuer", "das Token kommt von einem anderen Aussteller"),
    ("the token is meant for another audience", "das Token ist für einen anderen Empfänger bestimmt"),
    ("the token has expired", "das Token ist abgelaufen"),
    ("the token is not valid yet", "das Token ist noch nicht gültig"),
    ("the token's claims cannot be used", "die Claims des Tokens lassen sich nicht verwenden"),
    ("it is not known yet what may be sent here", "es ist noch nicht bekannt, was hierher gesendet werden darf"),
    ("a body of this type is not taken here", "ein Inhalt dieser Art wird hier nicht angenommen"),
    ("this address may not ask here", "diese Adresse darf hier nicht anfragen"),
    ("there is no stored answer to this request", "zu dieser Anfrage ist keine Antwort gespeichert"),
    ("at most {} bytes are taken here", "hier werden höchstens {} Bytes angenommen"),
    ("this request has a value that no header can have", "diese Anfrage hat einen Wert, den kein Header haben kann"),
    ("there is nothing here", "hier gibt es nichts"),
    ("{} has too much to do", "{} ist überlastet"),
    ("{} cannot be reached", "{} ist nicht erreichbar"),
    ("{} did not answer in time", "{} hat nicht rechtzeitig geantwortet"),
    ("{} gave no usable answer", "{} hat keine brauchbare Antwort gegeben"),
    ("the request body is too large for this route", "der Inhalt der Anfrage ist für diese Route zu groß"),
    ("the request body did not come to its end", "der Inhalt der Anfrage kam nicht bis zum Ende"),
    ("the request body came too slowly", "der Inhalt der Anfrage kam zu langsam"),
    ("this request cannot be sent on", "diese Anfrage lässt sich nicht weiterleiten"),
    ("WebSockets are not served here", "WebSockets gibt es hier nicht"),
    ("this is no handshake of WebSocket 13", "das ist kein Handshake von WebSocket 13"),
    ("no plugin of this route answers", "kein Plugin dieser Route antwortet"),
    ("this request leads nowhere", "diese Anfrage führt nirgendwohin"),
    ("a plugin panicked", "ein Plugin ist abgestürzt"),
    // Why an access token is refused.
    ("it is too long", "es ist zu lang"),
    ("it is not a signed compact JWT", "es ist kein signiertes kompaktes JWT"),
    ("its header has a missing, doubled or unknown member", "in seinem Kopf fehlt ein Feld, ist eines doppelt oder unbekannt"),
    ("its algorithm is not EdDSA", "sein Algorithmus ist nicht EdDSA"),
    ("it is of another type", "es ist von anderer Art"),
    ("its key id is not a thumbprint", "seine Schlüssel-Id ist kein Thumbprint"),
    ("its key is not known", "sein Schlüssel ist nicht bekannt"),
    ("its signature does not fit", "seine Signatur passt nicht"),
    ("its claims cannot be read", "seine Claims sind nicht lesbar"),
    ("it comes from another issuer", "es kommt von einem anderen Aussteller"),
    ("it is meant for another audience", "es ist für eine andere Audience bestimmt"),
    ("it was issued in the future", "es wurde in der Zukunft ausgestellt"),
    ("it would live too long", "es wäre zu lange gültig"),
    ("it has expired", "es ist abgelaufen"),
    ("it was revoked", "es wurde widerrufen"),
    ("another service signed it", "ein anderer Dienst hat es signiert"),
    ("another service renewed it", "ein anderer Dienst hat es erneuert"),
    // Why a request is not let in.
    ("this method is never served", "diese Methode gibt es hier nie"),
    ("at most {} headers and {} bytes", "höchstens {} Header und {} Bytes"),
    ("at most {} bytes", "höchstens {} Bytes"),
    ("the target has characters that must be escaped", "das Ziel hat Zeichen, die maskiert sein müssen"),
    ("the path has a broken % escape", "der Pfad hat eine fehlerhafte Maskierung mit %"),
    ("the path hides a separator or a control character", "der Pfad verbirgt ein Trennzeichen oder ein Steuerzeichen"),
    ("the path climbs above its root", "der Pfad führt über seine Wurzel hinaus"),
    ("the only transfer coding is chunked", "die einzige Transfer-Codierung ist chunked"),
    ("Content-Length beside Transfer-Encoding", "Content-Length neben Transfer-Encoding"),
    ("Content-Length is not a number", "Content-Length ist keine Zahl"),
    ("HTTP/2 has no headers of the connection", "in HTTP/2 gibt es keine Header der Verbindung"),
    ("there are two Host headers", "es gibt zwei Header Host"),
    ("the target names another host than the Host header", "das Ziel nennt einen anderen Host als der Header Host"),
    (":authority names another host than the Host header", ":authority nennt einen anderen Host als der Header Host"),
    ("the Host header cannot be read", "der Header Host ist nicht lesbar"),
    ("the Host header names no host", "der Header Host nennt keinen Host"),
    ("this request has been here before", "diese Anfrage war schon einmal hier"),
    ("Max-Forwards is not a number", "Max-Forwards ist keine Zahl"),
    ("this is served over https only", "das gibt es nur über https"),
    ("the target is too long", "das Ziel ist zu lang"),
    ("there are too many headers, or they are too large", "es sind zu viele Header, oder sie sind zu groß"),
    ("this is no request of HTTP/1.1", "das ist keine Anfrage nach HTTP/1.1"),
    // What cannot be sent at all.
    ("{} is no URL: {}", "{} ist keine URL: {}"),
    ("{}: a URL is /path, or begins with http:// or https://", "{}: eine URL ist /pfad oder beginnt mit http:// oder https://"),
    ("header {}: a header is Name: value", "Header {}: ein Header ist Name: Wert"),
    // Why a route takes a request, or does not.
    ("takes the request", "nimmt die Anfrage an"),
    ("is not active", "ist nicht aktiv"),
    (
        "is a fallback, asked only where no other route matches host, path and predicates",
        "ist ein Fallback, gefragt nur, wo keine andere Route zu Host, Pfad und Bedingungen passt",
    ),
    ("answers at {}, not at {}", "antwortet unter {}, nicht unter {}"),
    ("the path ends before segment {}, {}", "der Pfad endet vor Segment {}, {}"),
    ("segment {}, {}, is empty", "Segment {}, {}, ist leer"),
    ("segment {} is {}, not {}", "Segment {} ist {}, nicht {}"),
    ("the path goes on after segment {}: {}", "der Pfad geht nach Segment {} weiter: {}"),
    ("matches, but {} has priority {}, this {}", "passt, aber {} hat Priorität {}, diese {}"),
    ("matches, but {} names the host more closely", "passt, aber {} nennt den Host genauer"),
    ("matches, but {} has the more specific path", "passt, aber {} hat den genaueren Pfad"),
    ("matches, but {} names its methods", "passt, aber {} nennt ihre Methoden"),
    ("matches, but {} has more predicates", "passt, aber {} hat mehr Bedingungen"),
    ("takes {}", "nimmt {} an"),
    ("header {} is present", "Header {} ist vorhanden"),
    ("header {} is absent", "Header {} fehlt"),
    ("header {} equals {}", "Header {} ist {}"),
    ("header {} is one of {}", "Header {} ist eines von {}"),
    ("query parameter {} is present", "Query-Parameter {} ist vorhanden"),
    ("query parameter {} is absent", "Query-Parameter {} fehlt"),
    ("query parameter {} equals {}", "Query-Parameter {} ist {}"),
    ("query parameter {} is one of {}", "Query-Parameter {} ist eines von {}"),
    ("cookie {} is present", "Cookie {} ist vorhanden"),
    ("cookie {} is absent", "Cookie {} fehlt"),
    ("cookie {} equals {}", "Cookie {} ist {}"),
    ("cookie {} is one of {}", "Cookie {} ist eines von {}"),
    // Who answers.
    ("route {}", "Route {}"),
    ("the gateway answers it itself", "das Gateway antwortet selbst"),
    ("405, routes match that take {}", "405, es passen Routen, die {} annehmen"),
    ("404, no route matches", "404, keine Route passt"),
];

/// What follows such a beginning is a sentence of its own.
const BEGINNINGS: &[(&str, &str)] =
    &[("the access token is refused: ", "das Zugriffstoken wird abgelehnt: "), ("does not hold: ", "gilt nicht: ")];

/// A message of the tester in German, or as it is if there is no German for it.
fn german_message(message: &str) -> String {
    let nested = BEGINNINGS.iter().find_map(|(english, german)| Some((message.strip_prefix(english)?, german)));
    match nested {
        Some((rest, beginning)) => format!("{beginning}{}", german_message(rest)),
        None => translated(SENTENCES, message).unwrap_or_else(|| german(message)),
    }
}

fn in_language(message: &str, is_german: bool) -> String {
    if is_german { german_message(message) } else { message.to_owned() }
}

/// What a step said.
pub fn outcome(outcome: &StepOutcome, is_german: bool) -> String {
    if !is_german {
        return outcome.to_string();
    }
    match outcome {
        StepOutcome::Passed => "durchgelassen".into(),
        StepOutcome::Answered { status } => format!("beantwortet mit {status}"),
        StepOutcome::Failed { status, code, message } => format!("gescheitert, {status} {code}: {}", german_message(message)),
        StepOutcome::Skipped => "übersprungen, nimmt nicht teil".into(),
        StepOutcome::SwitchedOff => "übersprungen, ausgeschaltet".into(),
        StepOutcome::NotReached => "nicht erreicht".into(),
    }
}

/// Why an instance was asked, and what came of it; reasons of failures are the codes that metrics have, too.
pub fn attempt(attempt: &Attempt, is_german: bool) -> String {
    let (english, german) = match attempt.kind {
        AttemptKind::First => ("asked", "gefragt"),
        AttemptKind::Retry => ("retried", "neu versucht"),
        AttemptKind::Hedge => ("hedged", "zugleich gefragt"),
    };
    let kind = if is_german { german } else { english };
    match &attempt.outcome {
        AttemptOutcome::Answered { status } => format!("{kind}: {status}"),
        AttemptOutcome::Failed { reason } => format!("{kind}: {reason}"),
        AttemptOutcome::Abandoned => format!("{kind}: {}", if is_german { "aufgegeben" } else { "abandoned" }),
    }
}

/// Why a route takes the request or does not.
pub fn reason(route: &Considered, is_german: bool) -> String {
    in_language(&route.message, is_german)
}

/// Who answers.
pub fn taken(taken: &Taken, is_german: bool) -> String {
    match taken {
        Taken::Refused { status, code, message } => format!("{status} {code}, {}", in_language(message, is_german)),
        other => in_language(&other.to_string(), is_german),
    }
}

/// Why a request could not be tried: what is wrong with it, or with each place of the table.
pub fn refusal(error: &Error, is_german: bool) -> String {
    if error.fields().is_empty() {
        return in_language(error.message(), is_german);
    }
    let places = error.fields().iter().map(|fault| {
        // Behind the message stands its code.
        let (message, code) = fault.message.rsplit_once(" [").unwrap_or((fault.message.as_str(), ""));
        let code = if code.is_empty() { String::new() } else { format!(" [{code}") };
        format!("{}: {}{code}", fault.field, in_language(message, is_german))
    });
    places.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
