//! `messages!`: one line per message.

/// Declares messages: kind, name on the bus, who may send it, type with its fields, and for a call its reply.
///
/// Each becomes a public struct with serde's traits. A name of the wrong shape does not compile.
///
/// `from` names the service that may send the message, several as a list, or `any`. A receiver refuses it from any other service before
/// its handler runs: an event or a command becomes a dead letter at once, the caller of a call gets `Forbidden`; the code is
/// `sender-undeclared`. Events and commands must say it. A call may leave it out: it then comes from anybody, like a request over HTTP,
/// and its handler goes by the caller's identity.
///
/// ```
/// fm_sdk::messages! {
///     event "car.price-changed" from "fm-cars" PriceChanged { car: String, from: i64, to: i64 }
///     command "fm-cars/delete-all" from ["fm-profile", "fm-admin"] DeleteAll { user: String }
///     event "audit.noted" from any Noted { what: String }
///     call "fm-cars/price" PriceOf { car: String } -> i64;
///     call "fm-cars/reserve" from "fm-shop" Reserve { car: String } -> bool;
/// }
/// ```
///
/// ```compile_fail
/// fm_sdk::messages! { event "car.price-changed" PriceChanged { car: String } }
/// ```
#[macro_export]
macro_rules! messages {
    () => {};
    ($(#[$($m:tt)*])* event $n:literal from $from:tt $t:ident { $($(#[$($fm:tt)*])* $f:ident : $ft:ty),* $(,)? } $($rest:tt)*) => {
        $crate::messages!(@ $(#[$($m)*])* $t { $($(#[$($fm)*])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'.'), "an event is named `thing.happened`, lower case");
        impl $crate::Event for $t { const NAME: &'static str = $n; const SENDERS: $crate::Senders = $crate::messages!(@senders $from); const DOCS: $crate::message::Docs = $crate::messages!(@docs $t [$([$($m)*])*] { $($f [$([$($fm)*])*])* }); }
        $crate::messages!(@check $t, $crate::Event);
        $crate::messages!($($rest)*);
    };
    ($(#[$($m:tt)*])* command $n:literal from $from:tt $t:ident { $($(#[$($fm:tt)*])* $f:ident : $ft:ty),* $(,)? } $($rest:tt)*) => {
        $crate::messages!(@ $(#[$($m)*])* $t { $($(#[$($fm)*])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'/'), "a command goes to `service/verb`, lower case");
        impl $crate::Command for $t { const AT: &'static str = $n; const SENDERS: $crate::Senders = $crate::messages!(@senders $from); const DOCS: $crate::message::Docs = $crate::messages!(@docs $t [$([$($m)*])*] { $($f [$([$($fm)*])*])* }); }
        $crate::messages!(@check $t, $crate::Command);
        $crate::messages!($($rest)*);
    };
    ($(#[$($m:tt)*])* call $n:literal $t:ident { $($(#[$($fm:tt)*])* $f:ident : $ft:ty),* $(,)? } -> $r:ty; $($rest:tt)*) => {
        $crate::messages!(@ $(#[$($m)*])* $t { $($(#[$($fm)*])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'/'), "a call goes to `service/verb`, lower case");
        impl $crate::Call for $t { const AT: &'static str = $n; type Reply = $r; const DOCS: $crate::message::Docs = $crate::messages!(@docs $t [$([$($m)*])*] { $($f [$([$($fm)*])*])* }); }
        $crate::messages!($($rest)*);
    };
    ($(#[$($m:tt)*])* call $n:literal from $from:tt $t:ident { $($(#[$($fm:tt)*])* $f:ident : $ft:ty),* $(,)? } -> $r:ty; $($rest:tt)*) => {
        $crate::messages!(@ $(#[$($m)*])* $t { $($(#[$($fm)*])* $f: $ft),* });
        const _: () = assert!($crate::message::is_name($n, b'/'), "a call goes to `service/verb`, lower case");
        impl $crate::Call for $t { const AT: &'static str = $n; type Reply = $r; const SENDERS: $crate::Senders = $crate::messages!(@senders $from); const DOCS: $crate::message::Docs = $crate::messages!(@docs $t [$([$($m)*])*] { $($f [$([$($fm)*])*])* }); }
        $crate::messages!(@check $t, $crate::Call);
        $crate::messages!($($rest)*);
    };
    ($(#[$($m:tt)*])* event $n:literal $($rest:tt)*) => { $crate::messages!(@unsaid "event" $n); };
    ($(#[$($m:tt)*])* command $n:literal $($rest:tt)*) => { $crate::messages!(@unsaid "command" $n); };
    (@unsaid $kind:literal $n:literal) => {
        compile_error!(concat!(
            "the ", $kind, " ", $n, " is declared as `", $kind, " ", $n, " from \"fm-sender\" Type { field: Type }`; ",
            "several senders as a list, or `from any`"
        ));
    };
    (@docs $t:ident [$([$($m:tt)*])*] { $($f:ident [$([$($fm:tt)*])*])* }) => {
        $crate::message::Docs {
            title: stringify!($t),
            about: &[$($crate::messages!(@doc $($m)*)),*],
            fields: &[$((stringify!($f), &[$($crate::messages!(@doc $($fm)*)),*])),*],
        }
    };
    (@doc doc = $d:literal) => { $d };
    (@doc $($other:tt)*) => { "" };
    (@senders any) => { $crate::Senders::Any };
    (@senders [$($s:literal),+ $(,)?]) => { $crate::Senders::Only(&[$($s),+]) };
    (@senders $s:literal) => { $crate::Senders::Only(&[$s]) };
    (@check $t:ident, $kind:path) => {
        const _: () = assert!(<$t as $kind>::SENDERS.are_names(), "a sender is a service's name, lower case");
    };
    (@ $(#[$($m:tt)*])* $t:ident { $($(#[$($fm:tt)*])* $f:ident : $ft:ty),* }) => {
        #[doc = concat!("The message `", stringify!($t), "`.")]
        $(#[$($m)*])*
        #[derive(Debug, Clone, PartialEq, $crate::serde::Serialize, $crate::serde::Deserialize)]
        #[serde(crate = "fm_sdk::serde")]
        #[allow(missing_docs)]
        pub struct $t { $($(#[$($fm)*])* pub $f: $ft),* }
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
