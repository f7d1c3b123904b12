//! fm-image on its own port.

use crate::door::{Door, at_door, of_image};

at_door!(Door { part: "image", guarded: of_image, veiled: |_| Vec::new() });
