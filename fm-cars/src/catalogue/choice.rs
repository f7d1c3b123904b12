use serde::{Deserialize, Serialize};

/// A closed list of values. Each has a code of 1.. (0 stands for "not said") that fits a byte.
pub trait Choice: Copy + Eq + 'static {
    /// All values, in the order in which people expect them.
    const ALL: &'static [Self];
    /// What the API takes and gives.
    fn value(self) -> &'static str;
    /// What people read.
    fn label(self) -> &'static str;
    /// 1 for the first of `ALL`.
    fn code(self) -> u8;
    /// The value of a code.
    fn of_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }
    /// Reads a value.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.value() == text)
    }
    /// All values in one line, for messages.
    fn expected() -> String {
        Self::ALL.iter().map(|c| c.value()).collect::<Vec<_>>().join(", ")
    }
}

macro_rules! choice {
    ($(#[$m:meta])* $t:ident { $($v:ident = $value:tt, $label:literal;)* }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[repr(u8)]
        pub enum $t { $(#[doc = $label] #[serde(rename = $value)] $v),* }
        impl Choice for $t {
            const ALL: &'static [Self] = &[$($t::$v),*];
            fn value(self) -> &'static str {
                match self { $($t::$v => $value),* }
            }
            fn label(self) -> &'static str {
                match self { $($t::$v => $label),* }
            }
            fn code(self) -> u8 {
                self as u8 + 1
            }
        }
    };
}

choice! {
    /// The shape of a car.
    Body {
        Sedan = "sedan", "Sedan";
        Small = "small", "Small car";
        Estate = "estate", "Estate";
        Van = "van", "Van";
        Convertible = "convertible", "Convertible";
        Coupe = "coupe", "Coupé";
        Suv = "suv", "SUV";
        Other = "other", "Other";
    }
}
choice! {
    /// What drives it.
    Engine {
        Petrol = "petrol", "Petrol";
        Diesel = "diesel", "Diesel";
        Lpg = "lpg", "Liquefied gas (LPG)";
        Cng = "cng", "Natural gas (CNG)";
        Hybrid = "hybrid", "Hybrid";
        Electric = "electric", "Electric";
        Other = "other", "Other";
    }
}
choice! {
    /// Who changes the gears.
    Gearbox {
        Manual = "manual", "Manual";
        Automatic = "automatic", "Automatic";
    }
}
choice! {
    /// How clean its exhaust is, as the European Union has it.
    EmissionClass {
        Euro1 = "euro_1", "Euro 1";
        Euro2 = "euro_2", "Euro 2";
        Euro3 = "euro_3", "Euro 3";
        Euro4 = "euro_4", "Euro 4";
        Euro5 = "euro_5", "Euro 5";
        Euro6 = "euro_6", "Euro 6";
        Euro7 = "euro_7", "Euro 7";
    }
}
choice! {
    /// A colour.
    Color {
        Beige = "beige", "Beige";
        Black = "black", "Black";
        Blue = "blue", "Blue";
        Brown = "brown", "Brown";
        Green = "green", "Green";
        Grey = "grey", "Grey";
        Orange = "orange", "Orange";
        Purple = "purple", "Purple";
        Red = "red", "Red";
        Silver = "silver", "Silver";
        Violet = "violet", "Violet";
        White = "white", "White";
        Yellow = "yellow", "Yellow";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds<C: Choice + std::fmt::Debug + Serialize + serde::de::DeserializeOwned + utoipa::PartialSchema>() {
        let described = serde_json::to_value(C::schema()).unwrap();
        assert_eq!(described["enum"], serde_json::to_value(C::ALL.iter().map(|c| c.value()).collect::<Vec<_>>()).unwrap());
        for (i, c) in C::ALL.iter().enumerate() {
            assert_eq!(usize::from(c.code()), i + 1);
            assert_eq!(C::of_code(c.code()), Some(*c));
            assert_eq!(C::parse(c.value()), Some(*c));
            assert_eq!(serde_json::to_value(c).unwrap(), c.value());
            assert_eq!(serde_json::from_value::<C>(c.value().into()).unwrap(), *c);
        }
        assert_eq!((C::of_code(0), C::of_code(C::ALL.len() as u8 + 1), C::parse("Petrol "), C::parse("")), (None, None, None, None));
    }

    #[test]
    fn every_value_round_trips_through_its_code_its_word_and_json() {
        holds::<Body>();
        holds::<Engine>();
        holds::<Gearbox>();
        holds::<Color>();
        holds::<EmissionClass>();
    }
}
