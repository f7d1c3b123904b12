//! A repository made by scripts/new-service: built alone, run in the market, called, and seen leaving.

mod life;
mod newcomer;
