//! What a client sends, for the API's description. What is read is [`crate::car::CarInput`]: all fields at once, each with its message.

use crate::{
    car::Location,
    catalogue::{Body, Color, EmissionClass, Engine, Gearbox},
};
use serde::Deserialize;
use utoipa::ToSchema;

macro_rules! bodies {
    ($(#[$m:meta])* $t:ident { $($(#[$r:meta])* $required:ident: $rt:ty),* }) => {
        $(#[$m])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $t {
            $($(#[$r])* $required: $rt,)*
            /// A slug of the catalogue or free text.
            #[schema(min_length = 1, max_length = 60)]
            model: Option<String>,
            body: Option<Body>,
            #[schema(max_length = 5000)]
            description: Option<String>,
            /// Kilometres.
            #[schema(minimum = 0, maximum = 2_000_000)]
            mileage: Option<u32>,
            color: Option<Color>,
            engine: Option<Engine>,
            gearbox: Option<Gearbox>,
            /// PS.
            #[schema(minimum = 1, maximum = 2500)]
            power_ps: Option<u16>,
            /// Values of the catalogue's options.
            options: Option<Vec<String>>,
            location: Option<Location>,
            /// Of the first registration.
            #[schema(minimum = 1, maximum = 12)]
            month: Option<u8>,
            /// What the maker calls this version.
            #[schema(min_length = 1, max_length = 60)]
            trim: Option<String>,
            /// How many have owned it.
            #[schema(minimum = 1, maximum = 50)]
            owners: Option<u8>,
            /// When it has to be inspected next: `2027-05`.
            #[schema(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
            inspection_until: Option<String>,
            /// The tailgate is one.
            #[schema(minimum = 1, maximum = 7)]
            doors: Option<u8>,
            #[schema(minimum = 1, maximum = 60)]
            seats: Option<u8>,
            emission_class: Option<EmissionClass>,
            /// Litres, kilograms of gas or kilowatt-hours per 100 km; rounded to one digit behind the point.
            #[schema(minimum = 0.1, maximum = 99.9)]
            consumption: Option<f64>,
            interior_color: Option<Color>,
            unrepaired_damage: Option<bool>,
            /// `draft` or `listed`.
            #[schema(pattern = "^(draft|listed)$")]
            status: Option<String>,
        }
    };
}

bodies! {
    /// A new ad. Listed at once unless it says `draft`.
    #[expect(dead_code, reason = "only described, never made")]
    NewCar {
        /// A slug of the catalogue.
        maker: String,
        /// Whole euros.
        #[schema(minimum = 1, maximum = 10_000_000)]
        price: i64,
        /// Of the first registration; up to the next year.
        #[schema(minimum = 1886)]
        year: i64
    }
}
bodies! {
    /// Fields to change. What is left out stays, `null` clears.
    #[expect(dead_code, reason = "only described, never made")]
    CarPatch {
        /// A slug of the catalogue.
        #[schema(nullable = false)]
        maker: Option<String>,
        /// Whole euros.
        #[schema(minimum = 1, maximum = 10_000_000, nullable = false)]
        price: Option<i64>,
        /// Of the first registration; up to the next year.
        #[schema(minimum = 1886, nullable = false)]
        year: Option<i64>
    }
}
