/// Gives a path on this site to go back to; `/` for anything else, which could lead elsewhere.
pub fn return_path(wish: Option<&str>) -> &str {
    let own = |p: &&str| {
        let mut bytes = p.bytes();
        // `//host` and `/\host` are other hosts for a browser.
        bytes.next() == Some(b'/')
            && !matches!(bytes.next(), Some(b'/' | b'\\'))
            && p.len() <= 2048
            && p.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    wish.filter(own).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_only_to_paths_of_this_site() {
        for good in ["/", "/cars?maker=bmw&page=2", "/cars/0197-a#photo-2"] {
            assert_eq!(return_path(Some(good)), good);
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nset-cookie:x",
            "/a\\b",
            "cars",
            "/ü",
        ] {
            assert_eq!(return_path(Some(bad)), "/", "{bad}");
        }
        assert_eq!(return_path(None), "/");
    }
}
