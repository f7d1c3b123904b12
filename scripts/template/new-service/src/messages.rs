//! What @NAME@ says on the bus, what it is asked there, and what it reads of others.

fm_sdk::messages! {
    /// Somebody noted something on a car.
    event "@STEM@.noted" from "@NAME@" Noted { note: String, car: String }

    /// How many notes are there on a car?
    call "@NAME@/count" Count { car: String } -> u64;

    /// From fm-cars; of its fields only this one is read.
    event "car.removed" from "fm-cars" CarRemoved { id: String }
}
