//! Instances come, go and die under load.

mod instances;
