//! What a browser remembers of its reader's cars: hearts of somebody without an account, and what was looked at last. Kept in cookies, so
//! that nobody else does.

/// Cars that somebody without an account remembers; the oldest make room.
pub const MAX_HEARTS: usize = 60;
/// Cars that were looked at last.
pub const MAX_SEEN: usize = 12;

/// A car with a heart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heart {
    pub car: String,
    /// When it got it; whole euros.
    pub price: i64,
}

fn is_id(text: &str) -> bool {
    (1..=36).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Reads `ID.PRICE~ID.PRICE`; what makes no sense is left out.
pub fn read_hearts(text: &str) -> Vec<Heart> {
    let mut hearts: Vec<Heart> = Vec::new();
    for part in text.split('~').take(MAX_HEARTS) {
        let Some((car, price)) = part.split_once('.') else { continue };
        let price = price.parse().ok().filter(|p| (1..=10_000_000).contains(p));
        if let Some(price) = price.filter(|_| is_id(car) && hearts.iter().all(|h| h.car != car)) {
            hearts.push(Heart { car: car.to_owned(), price });
        }
    }
    hearts
}

pub fn write_hearts(hearts: &[Heart]) -> String {
    hearts.iter().map(|h| format!("{}.{}", h.car, h.price)).collect::<Vec<_>>().join("~")
}

/// Puts a heart first.
pub fn add_heart(hearts: &mut Vec<Heart>, heart: Heart) {
    if is_id(&heart.car) && hearts.iter().all(|h| h.car != heart.car) {
        hearts.insert(0, heart);
        hearts.truncate(MAX_HEARTS);
    }
}

/// Reads `ID~ID`.
pub fn read_seen(text: &str) -> Vec<String> {
    text.split('~').filter(|id| is_id(id)).take(MAX_SEEN).map(str::to_owned).collect()
}

/// Puts a car first.
pub fn add_seen(seen: &mut Vec<String>, car: &str) {
    if is_id(car) {
        seen.retain(|id| id != car);
        seen.insert(0, car.to_owned());
        seen.truncate(MAX_SEEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hearts_come_back_from_a_cookie_that_fits_into_one() {
        let id = |n: usize| format!("0197c0de-0000-7000-8000-{n:012}");
        let mut hearts = Vec::new();
        for n in 0..MAX_HEARTS + 5 {
            add_heart(&mut hearts, Heart { car: id(n), price: 10_000_000 });
        }
        add_heart(&mut hearts, Heart { car: id(MAX_HEARTS), price: 1 });
        let text = write_hearts(&hearts);
        assert_eq!((hearts.len(), &hearts[0].car, read_hearts(&text)), (MAX_HEARTS, &id(MAX_HEARTS + 4), hearts.clone()));
        // RFC 6265bis, section 5.6: 4096 bytes for name and value.
        assert!(text.len() < 4000, "{}", text.len());
    }

    #[test]
    fn invalid_values_are_left_out() {
        assert_eq!(read_hearts("a.1~a.2~~b~c.x~d.0~e.-1~../f.5~<b>.5~g.99999999999999999999"), [Heart { car: "a".into(), price: 1 }]);
        assert_eq!(read_seen("a~~<b>~c"), ["a", "c"]);
        let mut seen = read_seen("a~b");
        add_seen(&mut seen, "b");
        add_seen(&mut seen, "../x");
        assert_eq!(seen, ["b", "a"]);
    }
}
