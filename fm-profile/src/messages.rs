//! What fm-profile says to fm-cars, and hears from it, when an account is deleted.

fm_sdk::messages! {
    command "fm-cars/delete-all" DeleteAll { user: String }
    event "cars.user-deleted" UserDeleted { user: String, count: u64 }
}
