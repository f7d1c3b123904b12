//! What templates show, made from what the API says.

mod car;
mod card;
mod entry;
mod filters;
mod guide;
mod history;
pub mod hours;
mod inbox;
mod json_ld;
mod layout;
mod pager;
mod rating;
mod unknown;

pub use car::{Car, CarPage, Image, Listing, Listings, Location, Place, PriceHistory, Profile, Viewed};
pub use card::{Card, Fact, Picture, facts_of, first_registration, key_facts, per_100_km, shape_of};
pub use entry::{Choice, Entry, Kind, blame, mark_failed};
pub use filters::{Chip, Facets, Group, Names, chips, groups, this_year};
pub use guide::{Completeness, EstimatedPrice, PriceGuide};
pub use history::History;
pub use inbox::{Bubble, Conversation, Conversations, Subject};
pub use json_ld::json_ld;
pub use layout::Layout;
pub use pager::{Beyond, Pager};
pub use rating::{PricePanel, Rate, RatedPrice, Rating};
pub use unknown::{UnknownValue, unknown_values};
