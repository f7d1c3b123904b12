use super::{Named, Place, keys};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// Postal codes of one name that are farther apart belong to different towns.
const APART_KM: f64 = 40.0;

/// Postal codes of a town that is known beyond its neighbourhood.
const LARGE: usize = 2;

/// What is asked about places.
#[derive(Debug, Default)]
pub(super) struct Table {
    codes: BTreeMap<&'static str, Place>,
    /// Those with most postal codes first.
    towns: Vec<Town>,
    /// From the first word of a name to its towns.
    by_first: HashMap<String, Vec<usize>>,
    /// Names as they are compared, in order.
    by_name: Vec<(String, usize)>,
}

#[derive(Debug)]
struct Town {
    place: Place,
    keys: Vec<String>,
    key: String,
    /// How many postal codes it has.
    size: usize,
}

impl Town {
    fn named(&self, is_whole: bool) -> Named {
        Named { place: self.place, size: self.size, is_whole }
    }
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("places.csv")));

impl Table {
    fn read(csv: &'static str) -> Self {
        let mut table = Table::default();
        let mut names: BTreeMap<&'static str, Vec<Place>> = BTreeMap::new();
        for (code, lat, lon, towns) in csv.lines().filter_map(line) {
            for (i, town) in towns.split(';').enumerate() {
                let place = Place { postal_code: code, town, lat, lon };
                if i == 0 {
                    table.codes.insert(code, place);
                }
                names.entry(town).or_default().push(place);
            }
        }
        table.towns = names.into_values().flat_map(towns).collect();
        table.towns.sort_by_key(|town| Reverse(town.size));
        for (i, town) in table.towns.iter().enumerate() {
            table.by_first.entry(town.keys.first().cloned().unwrap_or_default()).or_default().push(i);
            table.by_name.push((town.key.clone(), i));
        }
        table.by_name.sort();
        table
    }
    /// Postal codes.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.codes.len()
    }
    /// The place of a postal code.
    pub fn code(&self, code: &str) -> Option<Place> {
        self.codes.get(code).copied()
    }
    /// The places whose codes begin so.
    pub fn codes_with<'a>(&'a self, digits: &'a str) -> impl Iterator<Item = Place> + 'a {
        self.codes.range(digits..).take_while(move |(code, _)| code.starts_with(digits)).map(|(_, place)| *place)
    }
    /// The largest town whose name begins with these words; one with no more words goes first. Words behind the first may be shortened.
    pub fn town(&self, keys: &[String]) -> Option<Named> {
        let fits =
            |town: &&Town| town.keys.len() >= keys.len() && town.keys.iter().zip(keys).skip(1).all(|(t, k)| t.starts_with(k.as_str()));
        let found = || self.by_first.get(keys.first()?.as_str()).map(|all| all.iter().map(|i| &self.towns[*i]).filter(fits));
        let whole = found()?.find(|town| town.keys.len() == keys.len());
        whole.or_else(|| found()?.next()).map(|town| town.named(town.keys.len() == keys.len()))
    }
    /// The towns whose names begin so, the largest first.
    pub fn towns_with(&self, key: &str, most: usize) -> Vec<Named> {
        let start = self.by_name.partition_point(|(name, _)| name.as_str() < key);
        let mut found: Vec<usize> = self.by_name[start..].iter().take_while(|(name, _)| name.starts_with(key)).map(|(_, i)| *i).collect();
        // The order of the towns is that of their sizes.
        found.sort_unstable();
        found.into_iter().take(most).map(|i| self.towns[i].named(false)).collect()
    }
    /// Large towns whose names differ by few letters, with how many.
    pub fn similar(&self, key: &str, mistakes: impl Fn(&str, &str) -> Option<u32>) -> Vec<(Named, u32)> {
        let large = self.towns.iter().take_while(|town| town.size >= LARGE);
        let wrong = |town: &Town| mistakes(&town.key, key).filter(|n| *n > 0);
        large.filter_map(|town| Some((town.named(true), wrong(town)?))).collect()
    }
}

fn line(line: &'static str) -> Option<(&'static str, f64, f64, &'static str)> {
    let mut cells = line.splitn(4, ',');
    Some((cells.next()?, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?, cells.next()?))
}

/// The towns of one name, each in the middle of its postal codes.
fn towns(places: Vec<Place>) -> Vec<Town> {
    let mut groups: Vec<Vec<Place>> = Vec::new();
    for place in places {
        let near = |group: &&mut Vec<Place>| group.first().is_some_and(|p| p.position().km_to(place.position()) < APART_KM);
        match groups.iter_mut().find(near) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    let middle = |group: &[Place], of: fn(&Place) -> f64| group.iter().map(of).sum::<f64>() / group.len() as f64;
    let town = |group: Vec<Place>| {
        let first = *group.first()?;
        let place = Place { lat: middle(&group, |p| p.lat), lon: middle(&group, |p| p.lon), ..first };
        let keys = keys(first.town);
        Some(Town { key: keys.join(" "), keys, size: group.len(), place })
    };
    groups.into_iter().filter_map(town).collect()
}
