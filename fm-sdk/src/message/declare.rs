//! `messages!`: one line per message.

/// Declares messages: kind, name on the bus, type with its fields, and for a call its reply.
///
/// Each becomes a public struct with serde's traits. A name of the wrong shape does not compile.
///
/// ```
/// fm_sdk::messages! {
///     event "car.price-changed" PriceChanged { car: String, from: i64, to: i64 }
///     command "fm-cars/delete-all" DeleteAll { user: String }
///     call "fm-cars/price" PriceOf { car: String } -> i64;
/// }
/// ```
#[macro_export]
macro_rules! messages {
    () => {};
    ($(#[$m:meta])* event $n:literal $t:ident { $($(#[$fm:meta])* $f:ident : $ft:ty),* $(,)? } $($rest:tt)*) => {
        $crate::messages!(@ $(#[$m])* $t { $($(#[$fm])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'.'), "an event is named `thing.happened`, lower case");
        impl $crate::Event for $t { const NAME: &'static str = $n; }
        $crate::messages!($($rest)*);
    };
    ($(#[$m:meta])* command $n:literal $t:ident { $($(#[$fm:meta])* $f:ident : $ft:ty),* $(,)? } $($rest:tt)*) => {
        $crate::messages!(@ $(#[$m])* $t { $($(#[$fm])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'/'), "a command goes to `service/verb`, lower case");
        impl $crate::Command for $t { const AT: &'static str = $n; }
        $crate::messages!($($rest)*);
    };
    ($(#[$m:meta])* call $n:literal $t:ident { $($(#[$fm:meta])* $f:ident : $ft:ty),* $(,)? } -> $r:ty; $($rest:tt)*) => {
        $crate::messages!(@ $(#[$m])* $t { $($(#[$fm])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'/'), "a call goes to `service/verb`, lower case");
        impl $crate::Call for $t { const AT: &'static str = $n; type Reply = $r; }
        $crate::messages!($($rest)*);
    };
    (@ $(#[$m:meta])* $t:ident { $($(#[$fm:meta])* $f:ident : $ft:ty),* }) => {
        #[doc = concat!("The message `", stringify!($t), "`.")]
        $(#[$m])*
        #[derive(Debug, Clone, PartialEq, $crate::serde::Serialize, $crate::serde::Deserialize)]
        #[serde(crate = "fm_sdk::serde")]
        #[allow(missing_docs)]
        pub struct $t { $($(#[$fm])* pub $f: $ft),* }
    };
}

/// Checks a name at compile time: two parts, lower case letters, digits and dashes, one separator.
#[doc(hidden)]
pub const fn is_name(s: &str, separator: u8) -> bool {
    let b = s.as_bytes();
    let (mut i, mut separators) = (0, 0);
    while i < b.len() {
        let c = b[i];
        if c == separator {
            separators += 1;
            if i == 0 || i + 1 == b.len() {
                return false;
            }
        } else if !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-') {
            return false;
        }
        i += 1;
    }
    separators == 1
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_have_two_parts_in_lower_case() {
        assert!(is_name("car.listed", b'.') && is_name("fm-cars/delete-all", b'/'));
        for bad in ["car", ".listed", "car.", "car.listed.now", "Car.listed", "car listed", "car/listed"] {
            assert!(!is_name(bad, b'.'), "{bad}");
        }
    }
}
