//! Uploads of pictures, one after the other and some at a time.

use crate::{
    Result,
    figure::{Figure, ms},
    rounds::quantile,
};
use demo::{People, Secrets, files_of, list_car, upload_in_parallel};
use market::{Caller, Person};
use serde_json::Value;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_secs(60);
/// Pictures of one car, fewer than it may have.
const PICTURES_PER_CAR: usize = 10;

/// Settings of this part.
#[derive(clap::Args)]
pub struct Uploads {
    /// The gateway, as http://HOST:PORT
    #[arg(long)]
    gateway: String,
    #[command(flatten)]
    secrets: Secrets,
    /// SVG file with a symbol for each body type
    #[arg(long)]
    shapes: PathBuf,
    /// Folder that keeps the pictures between runs
    #[arg(long)]
    pictures: PathBuf,
    /// How many are uploaded one after the other, and again some at a time
    #[arg(long, default_value_t = 60)]
    count: usize,
}

impl Uploads {
    /// Measures from the first byte sent until fm-cars has confirmed the picture.
    ///
    /// # Errors
    /// The market refuses a car or a picture.
    pub fn run(self) -> Result<()> {
        let gateway = Caller::new(self.gateway).timeout(TIMEOUT);
        let people = People::sign_in(&gateway, &self.secrets)?;
        let cars: Vec<Value> = demo::cars(&gateway)?.into_iter().map(|demo| demo.car).collect();
        let folder = demo::draw(&cars, &self.shapes, &self.pictures)?;
        let mut files = Vec::new();
        for n in 0..cars.len() {
            files.extend(files_of(&folder, n)?);
        }
        files.truncate(self.count);
        let size = files.first().map_or(0, Vec::len) / 1000;
        let what = format!("a picture of the demo (1200 x 800, {size} KB), until fm-cars has confirmed it");

        let mut micros = Vec::new();
        for (car, files) in list(people.dealer(), &cars, "one", &files)? {
            for file in files {
                let began = Instant::now();
                upload_in_parallel(vec![(people.dealer(), car.clone(), vec![file])])?;
                micros.push(began.elapsed().as_secs_f64() * 1e6);
            }
        }
        micros.sort_by(f64::total_cmp);
        let median = ms(quantile(&micros, 0.5));
        Figure::new("uploads", format!("{what} (median of {}, one after the other)", micros.len()), median).print();

        let count = files.len();
        let uploads = list(people.dealer(), &cars, "six", &files)?;
        let uploads = uploads.into_iter().flat_map(|(car, files)| files.into_iter().map(move |file| (car.clone(), vec![file])));
        let uploads = uploads.map(|(car, files)| (people.dealer(), car, files)).collect();
        let began = Instant::now();
        upload_in_parallel(uploads)?;
        let rate = count as f64 / began.elapsed().as_secs_f64();
        Figure::new("uploads", "the same, six at a time", format!("{rate:.1} pictures/s")).print();
        Ok(())
    }
}

/// Lists cars for these pictures, some of them for each.
fn list(dealer: &Person, cars: &[Value], key: &str, files: &[Vec<u8>]) -> Result<Vec<(String, Vec<Vec<u8>>)>> {
    let some = files.chunks(PICTURES_PER_CAR).zip(cars.iter().cycle()).enumerate();
    some.map(|(n, (files, car))| Ok((list_car(dealer, car, &format!("bench-{key}-{n}"))?, files.to_vec()))).collect()
}
