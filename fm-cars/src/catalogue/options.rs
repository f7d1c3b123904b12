use super::Item;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Value and label of every option. Only ever add at the end: the place is the bit.
const OPTIONS: &[(&str, &str)] = &[
    ("abs", "Anti-lock brakes (ABS)"),
    ("esp", "Stability control (ESP)"),
    ("airbags", "Airbags"),
    ("isofix", "Isofix"),
    ("air_conditioning", "Air conditioning"),
    ("climate_control", "Automatic climate control"),
    ("heated_seats", "Heated seats"),
    ("heated_windscreen", "Heated windscreen"),
    ("leather_seats", "Leather seats"),
    ("sport_seats", "Sport seats"),
    ("electric_seats", "Electrically adjustable seats"),
    ("seven_seats", "Seven seats"),
    ("electric_windows", "Electric windows"),
    ("electric_mirrors", "Electric mirrors"),
    ("central_locking", "Central locking"),
    ("keyless_entry", "Keyless entry"),
    ("immobiliser", "Immobiliser"),
    ("alarm", "Alarm"),
    ("power_steering", "Power steering"),
    ("multifunction_wheel", "Multifunction steering wheel"),
    ("cruise_control", "Cruise control"),
    ("adaptive_cruise_control", "Adaptive cruise control"),
    ("lane_assist", "Lane assist"),
    ("blind_spot_assist", "Blind spot assist"),
    ("parking_sensors", "Parking sensors"),
    ("rear_camera", "Rear camera"),
    ("start_stop", "Start-stop system"),
    ("navigation", "Navigation"),
    ("bluetooth", "Bluetooth"),
    ("radio", "Radio"),
    ("digital_radio", "Digital radio (DAB)"),
    ("on_board_computer", "On-board computer"),
    ("head_up_display", "Head-up display"),
    ("xenon_headlights", "Xenon headlights"),
    ("led_headlights", "LED headlights"),
    ("fog_lights", "Fog lights"),
    ("rain_sensor", "Rain sensor"),
    ("sunroof", "Sunroof"),
    ("panorama_roof", "Panorama roof"),
    ("roof_rails", "Roof rails"),
    ("tow_bar", "Tow bar"),
    ("alloy_wheels", "Alloy wheels"),
    ("winter_tyres", "Winter tyres"),
    ("four_wheel_drive", "Four-wheel drive"),
    ("particle_filter", "Particle filter"),
    ("service_history", "Full service history"),
    ("non_smoker", "Non-smoker car"),
    ("accident_free", "Accident free"),
];
const _: () = assert!(OPTIONS.len() <= 64, "an option is a bit of a u64");

/// A set of options, one bit each. In JSON a list of their values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OptionSet(u64);

impl OptionSet {
    /// The bit of one option.
    pub fn bit(value: &str) -> Option<u32> {
        OPTIONS.iter().position(|o| o.0 == value).map(|i| i as u32)
    }
    /// The value of a bit.
    pub fn value(bit: u32) -> Option<&'static str> {
        OPTIONS.get(bit as usize).map(|o| o.0)
    }
    /// Takes an option in; `false` if there is none of this name.
    pub fn insert(&mut self, value: &str) -> bool {
        Self::bit(value).map(|b| self.0 |= 1 << b).is_some()
    }
    /// All bits.
    pub fn bits(self) -> u64 {
        self.0
    }
    /// Keeps the bits that stand for an option.
    pub fn from_bits(bits: u64) -> Self {
        OptionSet(bits & (u64::MAX >> (64 - OPTIONS.len())))
    }
    /// The values, in the catalogue's order.
    pub fn values(self) -> impl Iterator<Item = &'static str> {
        OPTIONS.iter().enumerate().filter(move |(i, _)| self.0 >> i & 1 == 1).map(|(_, o)| o.0)
    }
    /// All options there are.
    pub fn catalogue() -> Vec<Item> {
        OPTIONS.iter().map(|&(value, label)| Item { value, label }).collect()
    }
}

/// What people read for an option.
pub fn option_label(value: &str) -> Option<&'static str> {
    OPTIONS.iter().find(|o| o.0 == value).map(|o| o.1)
}

impl Serialize for OptionSet {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.values())
    }
}
impl<'de> Deserialize<'de> for OptionSet {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut set = OptionSet::default();
        for value in Vec::<String>::deserialize(d)? {
            if !set.insert(&value) {
                return Err(D::Error::custom(format!("unknown option {value}")));
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_unique_slugs_with_labels() {
        for (i, (value, label)) in OPTIONS.iter().enumerate() {
            assert_eq!(OptionSet::bit(value), Some(i as u32));
            assert!(value.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !label.is_empty());
        }
    }
    proptest! {
        #[test]
        fn a_set_round_trips_through_json(bits: u64) {
            let set = OptionSet::from_bits(bits);
            let json = serde_json::to_string(&set).unwrap();
            prop_assert_eq!(serde_json::from_str::<OptionSet>(&json).unwrap(), set);
            prop_assert_eq!(set.values().count() as u32, set.bits().count_ones());
        }
    }
    #[test]
    fn an_unknown_option_is_refused() {
        assert!(serde_json::from_str::<OptionSet>(r#"["abs","ejector_seat"]"#).is_err());
    }
}
