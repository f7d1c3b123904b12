/// Cases as plain functions, and a macro that makes one test of each.
macro_rules! cases {
    ($d:tt $suite:ident $($(#[$doc:meta])* async fn $case:ident($broker:ident) $body:block)*) => {
        $($(#[$doc])* #[doc = concat!("Checks `", stringify!($case), "`.")] pub async fn $case($broker: $crate::conformance::bus::Broker) $body)*
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $suite {
            ($d make:expr) => {
                $(#[test] fn $case() {
                    $crate::fm_sdk::actix_rt::System::new().block_on(async { $crate::conformance::bus::all::$case($d make.await).await })
                })*
            };
        }
    };
}
