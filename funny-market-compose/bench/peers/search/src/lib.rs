//! What the contenders have in common: cars from a file, a question per line, an answer per line.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    error::Error,
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    time::Instant,
};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Filters that have a facet.
pub const FACETS: [&str; 7] = ["maker", "model", "color", "engine", "gearbox", "body", "option"];

/// A car as fm-cars writes it into the file.
#[derive(Deserialize)]
pub struct Car {
    /// Its number: ties of every order go by it.
    pub n: u64,
    /// What it says for each of [`FACETS`].
    pub values: BTreeMap<String, Vec<String>>,
    /// Whole euros.
    pub price: u64,
    /// Milliseconds since the Unix epoch.
    pub added: u64,
    /// It has a picture.
    pub pictured: bool,
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lon: f64,
    /// All that is found by words.
    pub text: String,
}

/// What orders a page.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The least first.
    Price,
    /// Those with pictures before those without, the newest first.
    Newest,
    /// The nearest first.
    Distance,
}

/// One question. Values of one filter are "one of"; filters are "and".
#[derive(Deserialize)]
pub struct Question {
    /// By [`FACETS`].
    #[serde(default)]
    pub filters: BTreeMap<String, Vec<String>>,
    /// All of these words, the last one may be a beginning.
    pub text: Option<String>,
    /// Whole euros, at most.
    pub price_to: Option<u64>,
    /// Degrees north and east.
    pub near: Option<(f64, f64)>,
    /// Kilometres around it.
    pub within: Option<f64>,
    /// A page of 20 in this order, from this place on.
    pub page: Option<(Order, usize)>,
    /// Counts for each value of each filter, with all filters but its own.
    #[serde(default)]
    pub facets: bool,
    /// Mistyped words: how many cars have what they most likely mean.
    pub suggest: Option<String>,
}

/// Cars of a page.
pub const PAGE: usize = 20;

/// What was found.
#[derive(Default, Serialize)]
pub struct Answer {
    pub total: u64,
    /// Numbers of the page's cars.
    pub ids: Vec<u64>,
    pub facets: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A way to search.
pub trait Contender: Sized {
    /// Takes all cars in; files go into this folder.
    ///
    /// # Errors
    /// The cars cannot be read, or not be kept.
    fn build(folder: &Path, cars: impl Iterator<Item = Result<Car>>) -> Result<Self>;
    /// Answers.
    ///
    /// # Errors
    /// The index is broken.
    fn answer(&self, question: &Question) -> Result<Answer>;
}

/// `PROGRAM CARS FOLDER`: takes the cars in, says so in one line, then answers the questions of standard input.
///
/// # Errors
/// An argument is missing, or a step fails.
pub fn run<C: Contender>() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(cars), Some(folder)) = (args.next(), args.next()) else { return Err("arguments: CARS FOLDER".into()) };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let begun = Instant::now();
    let lines = BufReader::new(File::open(cars)?).lines();
    let contender = C::build(folder, lines.map(|line| Ok(serde_json::from_str(&line?)?)))?;
    say(&serde_json::json!({ "seconds": begun.elapsed().as_secs_f64(), "bytes": size(folder)? }))?;
    for line in io::stdin().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        let begun = Instant::now();
        let answer = contender.answer(&question)?;
        say(&serde_json::json!({ "micros": begun.elapsed().as_secs_f64() * 1e6, "answer": answer }))?;
    }
    Ok(())
}

fn say(line: &serde_json::Value) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Bytes of a folder's files.
fn size(folder: &Path) -> Result<u64> {
    fs::read_dir(folder)?.try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
}

/// A position as a point on the unit sphere, as fm-cars keeps it.
pub fn position((lat, lon): (f64, f64)) -> [f32; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [(lat.cos() * lon.cos()) as f32, (lat.cos() * lon.sin()) as f32, lat.sin() as f32]
}

/// The square of the straight line between two positions.
pub fn squared_chord(a: [f32; 3], b: [f32; 3]) -> f32 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

/// The square of the straight line between two that are so far apart.
pub fn squared_chord_of(km: f64) -> f32 {
    let chord = 2.0 * (km / (2.0 * 6371.0088)).sin();
    (chord * chord) as f32
}

/// Degrees around a place that hold a circle of so many kilometres.
pub fn bounding_box((lat, lon): (f64, f64), km: f64) -> [(f64, f64); 2] {
    let dlat = (km / 6371.0).to_degrees() * 1.001;
    let dlon = dlat / (lat.abs() + dlat).to_radians().cos();
    [(lat - dlat, lat + dlat), (lon - dlon, lon + dlon)]
}

/// The words of a text and whether the last one may be a beginning.
pub fn words(text: &str) -> (Vec<String>, Option<String>) {
    let mut all: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let last = all.pop();
    (all, last)
}

/// Letters that may be wrong in a word, as fm-cars allows them.
pub fn mistakes(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}
