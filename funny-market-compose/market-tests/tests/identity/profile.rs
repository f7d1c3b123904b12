//! fm-profile on its own port.

use crate::door::{Door, at_door, of_profile, profile};

at_door!(Door { part: "profile", guarded: of_profile, veiled: |case| vec![profile(case)] });
