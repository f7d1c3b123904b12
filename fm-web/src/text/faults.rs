//! What is wrong with a field, in the reader's language. The API complains in English and for programmers.

use super::Lang;
use fm_sdk::text::number::NumberError;

/// Field, English, German.
#[rustfmt::skip]
const FAULTS: &[(&str, &str, &str)] = &[
    ("username", "3 to 40 letters (a to z), digits, dots, dashes or underscores, beginning with a letter or digit.", "3 bis 40 Buchstaben (a bis z), Ziffern, Punkte, Striche oder Unterstriche, am Anfang ein Buchstabe oder eine Ziffer."),
    ("email", "This is not an email address.", "Das ist keine E-Mail-Adresse."),
    ("password", "At least 10 characters, and not one that is easy to guess.", "Mindestens 10 Zeichen, und nicht leicht zu erraten."),
    ("new_password", "At least 10 characters, and not one that is easy to guess.", "Mindestens 10 Zeichen, und nicht leicht zu erraten."),
    ("old_password", "This is not your password.", "Das ist nicht Ihr Passwort."),
    ("login", "Your name or your email address.", "Ihr Name oder Ihre E-Mail-Adresse."),
    ("name", "One line of up to 80 characters.", "Eine Zeile mit bis zu 80 Zeichen."),
    ("location", "One line of up to 120 characters.", "Eine Zeile mit bis zu 120 Zeichen."),
    ("phone", "This is not a telephone number.", "Das ist keine Telefonnummer."),
    ("about", "Up to 2,000 characters.", "Bis zu 2.000 Zeichen."),
    ("text", "1 to 2,000 characters.", "1 bis 2.000 Zeichen."),
    ("maker", "Choose the maker.", "Wählen Sie die Marke."),
    ("model", "Up to 60 characters on one line.", "Bis zu 60 Zeichen in einer Zeile."),
    ("price", "Whole euros, from 1 to 10,000,000.", "Ganze Euro, von 1 bis 10.000.000."),
    ("year", "The year of the first registration, from 1886 to next year.", "Das Jahr der Erstzulassung, von 1886 bis zum nächsten Jahr."),
    ("mileage", "Kilometres, from 0 to 2,000,000.", "Kilometer, von 0 bis 2.000.000."),
    ("power_ps", "From 1 to 2,500.", "Von 1 bis 2.500."),
    ("description", "Up to 5,000 characters.", "Bis zu 5.000 Zeichen."),
    ("month", "Choose a month.", "Wählen Sie einen Monat."),
    ("trim", "Up to 60 characters on one line.", "Bis zu 60 Zeichen in einer Zeile."),
    ("owners", "From 1 to 50.", "Von 1 bis 50."),
    ("inspection_until", "Month and year, like 05/2027.", "Monat und Jahr, zum Beispiel 05/2027."),
    ("doors", "From 1 to 7.", "Von 1 bis 7."),
    ("seats", "From 1 to 60.", "Von 1 bis 60."),
    ("consumption", "From 0.1 to 99.9 per 100 km.", "Von 0,1 bis 99,9 auf 100 km."),
    ("location.postal_code", "3 to 10 letters and digits.", "3 bis 10 Buchstaben und Ziffern."),
];

/// Says what is wrong with a field; what is not known is told as the API says it.
pub fn fault(lang: Lang, field: &str, message: &str) -> String {
    if message.contains("taken") {
        return lang.pick("This is taken already.", "Das ist schon vergeben.").to_owned();
    }
    if message.contains("invisible") {
        return lang
            .pick("There are characters in it that cannot be seen: type it anew.", "Darin sind unsichtbare Zeichen: Bitte neu eintippen.")
            .to_owned();
    }
    if field.starts_with("opening_hours.") {
        return lang
            .pick(
                "Write 9–18, or 9:00–12:30, 14–18: up to three times, one after the other.",
                "Schreiben Sie 9–18 oder 9:00–12:30, 14–18: bis zu drei Zeiten nacheinander.",
            )
            .to_owned();
    }
    match FAULTS.iter().find(|f| f.0 == field) {
        Some((_, en, de)) => lang.pick(en, de).to_owned(),
        None => format!("{field}: {message}"),
    }
}

/// Says why a number was not read; `None` if what is wrong with the field says enough.
pub fn number_fault(lang: Lang, reason: NumberError) -> Option<&'static str> {
    Some(match reason {
        NumberError::Fraction => lang.pick("Whole numbers only, nothing behind the point.", "Nur ganze Zahlen, ohne Nachkommastellen."),
        NumberError::Ambiguous => lang.pick(
            "This can be thousands or a fraction: write 12500 or 12,500.",
            "Das können Tausender oder Nachkommastellen sein: Schreiben Sie 12500 oder 12.500.",
        ),
        NumberError::Grouping => lang.pick(
            "The digits are not in groups of three: write 12500 or 12,500.",
            "Die Ziffern stehen nicht in Dreiergruppen: Schreiben Sie 12500 oder 12.500.",
        ),
        NumberError::NotANumber => {
            lang.pick("This is not a number: write 12500 or 12,500.", "Das ist keine Zahl: Schreiben Sie 12500 oder 12.500.")
        }
        _ => return None,
    })
}
