//! fm-cars on its own port.

use crate::door::{Door, at_door, draft, of_cars};

at_door!(Door { part: "cars", guarded: of_cars, veiled: |case| vec![draft(case)] });
