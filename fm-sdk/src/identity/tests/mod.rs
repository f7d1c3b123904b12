#![cfg(feature = "testing")]

mod access;
mod away;
mod delegation;
mod extractors;
mod folder;
mod forge;
mod forgeries;
mod properties;
mod rotation;
