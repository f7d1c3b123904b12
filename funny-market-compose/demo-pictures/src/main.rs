use clap::Parser;
use demo_pictures::{Car, Shapes, jpeg, picture, views};
use std::{error::Error, fs, io, path::PathBuf, process::ExitCode, thread};

/// Draws pictures of cars: reads a JSON array of them and writes FOLDER/N-VIEW.jpg, N counted from 0.
#[derive(Parser)]
struct Words {
    /// SVG file with a symbol for each body type
    #[arg(long)]
    shapes: PathBuf,
    /// Where the pictures go
    #[arg(long)]
    folder: PathBuf,
    /// Another one gives other scenes
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn main() -> ExitCode {
    match draw(&Words::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("demo-pictures: {e}");
            ExitCode::FAILURE
        }
    }
}

fn draw(words: &Words) -> Result<(), Box<dyn Error>> {
    let cars: Vec<Car> = serde_json::from_reader(io::stdin())?;
    let shapes = Shapes::read(&fs::read_to_string(&words.shapes)?);
    let wanted: Vec<(usize, usize)> = (0..cars.len()).flat_map(|n| (0..views(n)).map(move |view| (n, view))).collect();
    let one = |&(n, view): &(usize, usize)| -> Result<(), String> {
        let svg = picture(&cars[n], &shapes, words.seed, n, view).ok_or(format!("there is no shape for car {n}"))?;
        let bytes = jpeg(&svg).map_err(|e| format!("car {n}, view {view}: {e}"))?;
        fs::write(words.folder.join(format!("{n}-{view}.jpg")), bytes).map_err(|e| e.to_string())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = |part: usize| wanted.iter().skip(part).step_by(threads);
        let working: Vec<_> = (0..threads).map(|part| scope.spawn(move || share(part).try_for_each(one))).collect();
        working.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into())))
    })?;
    Ok(())
}
