//! German words of the files, and what they are here. Our own words are taken too.

/// The maker of a brand's slug.
pub(super) fn maker(word: &str) -> &str {
    match word {
        "sonstige_autos" => "other",
        other => other,
    }
}
/// A model's slug.
pub(super) fn model(word: &str) -> &str {
    match word {
        "andere" => "other",
        other => other,
    }
}
/// The shape of a car.
pub(super) fn body(word: &str) -> &str {
    match word {
        "limousine" => "sedan",
        "kleinwagen" => "small",
        "kombi" => "estate",
        "bus" => "van",
        "cabrio" => "convertible",
        "andere" => "other",
        other => other,
    }
}
/// What drives it.
pub(super) fn engine(word: &str) -> &str {
    match word {
        "benzin" => "petrol",
        "elektro" => "electric",
        "andere" => "other",
        other => other,
    }
}
/// Who changes the gears.
pub(super) fn gearbox(word: &str) -> &str {
    match word {
        "manuell" => "manual",
        "automatik" => "automatic",
        other => other,
    }
}
