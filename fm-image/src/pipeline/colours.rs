//! Brings colours into sRGB, which is what browsers take for granted once the profile is gone.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Converts RGB pixels in place. A profile that cannot be used changes nothing.
pub fn to_srgb(profile: &[u8], pixels: &mut [u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, TransformOptions::default()) else { return };
    let mut converted = vec![0; 3 * 4096];
    for part in pixels.chunks_mut(converted.len()) {
        let converted = &mut converted[..part.len()];
        if transform.transform(part, converted).is_ok() {
            part.copy_from_slice(converted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_wider_space_are_made_stronger_in_srgb() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let mut pixels = [200, 50, 50, 128, 128, 128];
        to_srgb(&profile, &mut pixels);
        assert!(pixels[0] > 205 && pixels[1] < 45, "{pixels:?}");
        assert!(pixels[3..].iter().all(|v| v.abs_diff(128) <= 1), "{pixels:?}");
    }

    #[test]
    fn a_broken_profile_changes_nothing() {
        let mut pixels = [1, 2, 3];
        to_srgb(b"not a profile", &mut pixels);
        assert_eq!(pixels, [1, 2, 3]);
    }
}
