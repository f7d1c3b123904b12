//! The catalogue's closed lists in the reader's language. The API gives English labels only.

use super::Lang;
use std::borrow::Cow;

/// Field, value, English, German.
#[rustfmt::skip]
const CHOICES: &[(&str, &str, &str, &str)] = &[
    ("body", "sedan", "Sedan", "Limousine"), ("body", "small", "Small car", "Kleinwagen"), ("body", "estate", "Estate", "Kombi"),
    ("body", "van", "Van", "Van / Bus"), ("body", "convertible", "Convertible", "Cabrio"), ("body", "coupe", "Coupé", "Coupé"),
    ("body", "suv", "SUV", "SUV"), ("body", "other", "Other", "Andere"),
    ("engine", "petrol", "Petrol", "Benzin"), ("engine", "diesel", "Diesel", "Diesel"), ("engine", "lpg", "LPG", "Autogas (LPG)"),
    ("engine", "cng", "Natural gas", "Erdgas (CNG)"), ("engine", "hybrid", "Hybrid", "Hybrid"),
    ("engine", "electric", "Electric", "Elektro"), ("engine", "other", "Other", "Andere"),
    ("gearbox", "manual", "Manual", "Schaltung"), ("gearbox", "automatic", "Automatic", "Automatik"),
    ("color", "beige", "Beige", "Beige"), ("color", "black", "Black", "Schwarz"), ("color", "blue", "Blue", "Blau"),
    ("color", "brown", "Brown", "Braun"), ("color", "green", "Green", "Grün"), ("color", "grey", "Grey", "Grau"),
    ("color", "orange", "Orange", "Orange"), ("color", "purple", "Purple", "Lila"), ("color", "red", "Red", "Rot"),
    ("color", "silver", "Silver", "Silber"), ("color", "violet", "Violet", "Violett"), ("color", "white", "White", "Weiß"),
    ("color", "yellow", "Yellow", "Gelb"),
    ("emission_class", "euro_1", "Euro 1", "Euro 1"), ("emission_class", "euro_2", "Euro 2", "Euro 2"), ("emission_class", "euro_3", "Euro 3", "Euro 3"),
    ("emission_class", "euro_4", "Euro 4", "Euro 4"), ("emission_class", "euro_5", "Euro 5", "Euro 5"), ("emission_class", "euro_6", "Euro 6", "Euro 6"),
    ("emission_class", "euro_7", "Euro 7", "Euro 7"),
    ("month", "1", "January", "Januar"), ("month", "2", "February", "Februar"), ("month", "3", "March", "März"), ("month", "4", "April", "April"),
    ("month", "5", "May", "Mai"), ("month", "6", "June", "Juni"), ("month", "7", "July", "Juli"), ("month", "8", "August", "August"),
    ("month", "9", "September", "September"), ("month", "10", "October", "Oktober"), ("month", "11", "November", "November"), ("month", "12", "December", "Dezember"),
    ("rating", "very_good", "Very good price", "Sehr guter Preis"), ("rating", "good", "Good price", "Guter Preis"),
    ("rating", "fair", "Fair price", "Fairer Preis"), ("rating", "high", "Raised price", "Erhöhter Preis"),
    ("rating", "very_high", "High price", "Hoher Preis"),
    ("inspected", "true", "Inspection valid", "HU gültig"), ("undamaged", "true", "No unrepaired damage", "Ohne unreparierte Schäden"),
];

/// Value, German; the English is the catalogue's own label.
#[rustfmt::skip]
const OPTIONS_DE: &[(&str, &str)] = &[
    ("abs", "ABS"), ("esp", "ESP"), ("airbags", "Airbags"), ("isofix", "Isofix"), ("air_conditioning", "Klimaanlage"),
    ("climate_control", "Klimaautomatik"), ("heated_seats", "Sitzheizung"), ("heated_windscreen", "Beheizbare Frontscheibe"),
    ("leather_seats", "Ledersitze"), ("sport_seats", "Sportsitze"), ("electric_seats", "Elektrische Sitze"), ("seven_seats", "Sieben Sitze"),
    ("electric_windows", "Elektrische Fensterheber"), ("electric_mirrors", "Elektrische Spiegel"), ("central_locking", "Zentralverriegelung"),
    ("keyless_entry", "Schlüsselloser Zugang"), ("immobiliser", "Wegfahrsperre"), ("alarm", "Alarmanlage"), ("power_steering", "Servolenkung"),
    ("multifunction_wheel", "Multifunktionslenkrad"), ("cruise_control", "Tempomat"), ("adaptive_cruise_control", "Abstandstempomat"),
    ("lane_assist", "Spurhalteassistent"), ("blind_spot_assist", "Totwinkelassistent"), ("parking_sensors", "Einparkhilfe"),
    ("rear_camera", "Rückfahrkamera"), ("start_stop", "Start-Stopp-Automatik"), ("navigation", "Navigation"), ("bluetooth", "Bluetooth"),
    ("radio", "Radio"), ("digital_radio", "Digitalradio (DAB)"), ("on_board_computer", "Bordcomputer"), ("head_up_display", "Head-up-Display"),
    ("xenon_headlights", "Xenonscheinwerfer"), ("led_headlights", "LED-Scheinwerfer"), ("fog_lights", "Nebelscheinwerfer"),
    ("rain_sensor", "Regensensor"), ("sunroof", "Schiebedach"), ("panorama_roof", "Panoramadach"), ("roof_rails", "Dachreling"),
    ("tow_bar", "Anhängerkupplung"), ("alloy_wheels", "Alufelgen"), ("winter_tyres", "Winterreifen"), ("four_wheel_drive", "Allradantrieb"),
    ("particle_filter", "Partikelfilter"), ("service_history", "Scheckheftgepflegt"), ("non_smoker", "Nichtraucherfahrzeug"),
    ("accident_free", "Unfallfrei"),
];

/// Gives the label of a value of `body`, `engine`, `gearbox` or `color`; of one that is not known, something that can be read.
pub fn choice(lang: Lang, field: &str, value: &str) -> Cow<'static, str> {
    match CHOICES.iter().find(|c| c.0 == field && c.1 == value) {
        Some((_, _, en, de)) => Cow::Borrowed(lang.pick(en, de)),
        None => Cow::Owned(readable(value)),
    }
}

/// Says whether a list has a value.
pub fn is_choice(field: &str, value: &str) -> bool {
    CHOICES.iter().any(|c| c.0 == field && c.1 == value)
}

/// Gives all values of a list, in the order in which people expect them.
pub fn values(field: &'static str) -> impl Iterator<Item = &'static str> {
    CHOICES.iter().filter(move |c| c.0 == field).map(|c| c.1)
}

/// Gives the label of an option; `known` is what the catalogue calls it.
pub fn option(lang: Lang, value: &str, known: Option<&str>) -> String {
    let german = (lang == Lang::De).then(|| OPTIONS_DE.iter().find(|o| o.0 == value)).flatten();
    german.map(|o| o.1.to_owned()).or_else(|| known.map(str::to_owned)).unwrap_or_else(|| readable(value))
}

/// Groups of options, in the order in which they are shown.
#[rustfmt::skip]
const OPTION_GROUPS: [(OptionGroup, &[&str]); 6] = [
    (OptionGroup::Safety, &["abs", "esp", "airbags", "isofix", "immobiliser", "alarm", "xenon_headlights", "led_headlights", "fog_lights"]),
    (OptionGroup::Assistance, &["power_steering", "cruise_control", "adaptive_cruise_control", "lane_assist", "blind_spot_assist",
        "parking_sensors", "rear_camera", "start_stop", "rain_sensor", "head_up_display", "four_wheel_drive"]),
    (OptionGroup::Comfort, &["air_conditioning", "climate_control", "heated_seats", "heated_windscreen", "leather_seats", "sport_seats",
        "electric_seats", "seven_seats", "electric_windows", "electric_mirrors", "central_locking", "keyless_entry", "multifunction_wheel"]),
    (OptionGroup::Media, &["navigation", "bluetooth", "radio", "digital_radio", "on_board_computer"]),
    (OptionGroup::Outside, &["sunroof", "panorama_roof", "roof_rails", "tow_bar", "alloy_wheels", "winter_tyres"]),
    (OptionGroup::Condition, &["service_history", "accident_free", "non_smoker", "particle_filter"]),
];

/// Under which heading an option stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionGroup {
    Safety,
    Assistance,
    Comfort,
    Media,
    Outside,
    Condition,
    /// What is newer than this program.
    More,
}

impl OptionGroup {
    pub fn of(option: &str) -> Self {
        OPTION_GROUPS.iter().find(|(_, options)| options.contains(&option)).map_or(OptionGroup::More, |(group, _)| *group)
    }
    pub fn label(self, lang: Lang) -> &'static str {
        let t = lang.texts();
        match self {
            OptionGroup::Safety => t.group_safety,
            OptionGroup::Assistance => t.group_assistance,
            OptionGroup::Comfort => t.group_comfort,
            OptionGroup::Media => t.group_media,
            OptionGroup::Outside => t.group_outside,
            OptionGroup::Condition => t.group_condition,
            OptionGroup::More => t.group_more,
        }
    }
}

/// `mercedes_benz` as `Mercedes Benz`.
pub fn readable(slug: &str) -> String {
    let words = slug.split(['_', ' ']).filter(|w| !w.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_one_group() {
        for (option, _) in OPTIONS_DE {
            assert_eq!(OPTION_GROUPS.iter().filter(|(_, options)| options.contains(option)).count(), 1, "{option}");
        }
        assert_eq!(OptionGroup::of("ejector_seat"), OptionGroup::More);
    }

    #[test]
    fn values_are_named_in_both_languages_and_unknown_ones_still_read() {
        assert_eq!(choice(Lang::De, "body", "estate"), "Kombi");
        assert_eq!(choice(Lang::En, "engine", "steam_turbine"), "Steam Turbine");
        assert_eq!(option(Lang::De, "abs", Some("Anti-lock brakes (ABS)")), "ABS");
        assert_eq!(option(Lang::En, "abs", Some("Anti-lock brakes (ABS)")), "Anti-lock brakes (ABS)");
        assert_eq!(option(Lang::De, "ejector_seat", None), "Ejector Seat");
    }
}
