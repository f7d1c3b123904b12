//! fm-image on its own port.

use crate::entry_point::{EntryPoint, at_entry_point, of_image};

at_entry_point!(EntryPoint { part: "image", guarded: of_image, veiled: |_| Vec::new() });
