//! fm-profile on its own port.

use crate::entry_point::{EntryPoint, at_entry_point, of_profile, profile};

at_entry_point!(EntryPoint { part: "profile", guarded: of_profile, veiled: |case| vec![profile(case)] });
