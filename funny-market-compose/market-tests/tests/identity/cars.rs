//! fm-cars on its own port.

use crate::entry_point::{EntryPoint, at_entry_point, draft, of_cars};

at_entry_point!(EntryPoint { part: "cars", guarded: of_cars, veiled: |case| vec![draft(case)] });
