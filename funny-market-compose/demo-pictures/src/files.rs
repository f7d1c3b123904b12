use crate::{Car, Shapes, jpeg, picture, views};
use std::{fs, path::Path, thread};

/// Draws every picture of every car, on all processors, and writes `FOLDER/N-VIEW.jpg`; `N` is the position of the car.
///
/// # Errors
/// There is no shape for a car, or a file cannot be written.
pub fn write_pictures(cars: &[Car], shapes: &Shapes, seed: u64, folder: &Path) -> Result<(), String> {
    let wanted: Vec<(usize, usize)> = (0..cars.len()).flat_map(|n| (0..views(n)).map(move |view| (n, view))).collect();
    let write = |&(n, view): &(usize, usize)| -> Result<(), String> {
        let svg = picture(&cars[n], shapes, seed, n, view).ok_or(format!("no shape for car {n}"))?;
        let bytes = jpeg(&svg).map_err(|error| format!("car {n}, view {view}: {error}"))?;
        let file = folder.join(format!("{n}-{view}.jpg"));
        fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = |part: usize| wanted.iter().skip(part).step_by(threads);
        let working: Vec<_> = (0..threads).map(|part| scope.spawn(move || share(part).try_for_each(write))).collect();
        working.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a drawing thread panicked".into())))
    })
}
