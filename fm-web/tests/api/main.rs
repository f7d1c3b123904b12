//! fm-web before a gateway of a test.

mod account;
mod ask;
#[cfg(test)]
mod browser;
mod car;
mod contact;
mod design;
mod errors;
mod favourites;
mod headers;
mod home;
mod inbox;
mod legal;
mod mail;
#[cfg(test)]
mod market;
mod mine;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod published;
mod rating;
mod reports;
mod results;
mod searches;
mod sell;
mod stub;
