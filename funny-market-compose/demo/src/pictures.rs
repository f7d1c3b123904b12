use crate::SEED;
use demo_pictures::{Car, Shapes, views, write_pictures};
use market::Result;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Draws the pictures of these cars into a folder under `cache` that is named after all they depend on: this program, the
/// shapes and the cars. Pictures that are there already are not drawn again.
///
/// # Errors
/// The shapes cannot be read, or a picture cannot be drawn or written.
pub fn draw(cars: &[Value], shapes: &Path, cache: &Path) -> Result<PathBuf> {
    let svg = fs::read_to_string(shapes).map_err(|error| format!("{}: {error}", shapes.display()))?;
    let cars = Value::from(cars);
    let key = Sha256::new().chain_update(fs::read(env::current_exe()?)?).chain_update(&svg).chain_update(cars.to_string()).finalize();
    let key: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = cache.join(key);
    if !folder.exists() {
        let unfinished = folder.with_extension("unfinished");
        fs::create_dir_all(&unfinished)?;
        write_pictures(&serde_json::from_value::<Vec<Car>>(cars)?, &Shapes::read(&svg), SEED, &unfinished)?;
        fs::rename(&unfinished, &folder)?;
    }
    Ok(folder)
}

/// The pictures of the `n`th car.
///
/// # Errors
/// A file cannot be read.
pub fn files_of(folder: &Path, n: usize) -> Result<Vec<Vec<u8>>> {
    (0..views(n)).map(|view| Ok(fs::read(folder.join(format!("{n}-{view}.jpg")))?)).collect()
}

#[cfg(test)]
mod tests {
    use super::{draw, files_of};
    use serde_json::json;
    use std::{fs, path::Path};

    const SHAPES: &str =
        r##"<symbol id="other" viewBox="0 0 400 190"><ellipse/><path fill="currentColor" d="M10 80h380v90h-380z"/></symbol>"##;

    #[test]
    fn pictures_are_drawn_once_for_the_same_cars_and_shapes() {
        let folder = tempfile::tempdir().unwrap();
        let shapes = folder.path().join("shapes.svg");
        fs::write(&shapes, SHAPES).unwrap();
        let cars = [json!({ "body": "other", "color": "blue", "price": 1 })];
        let drawn = draw(&cars, &shapes, folder.path()).unwrap();
        fs::write(drawn.join("0-0.jpg"), "kept").unwrap();
        assert_eq!(draw(&cars, &shapes, folder.path()).unwrap(), drawn);
        assert_eq!(files_of(&drawn, 0).unwrap()[0], b"kept");
        assert_ne!(draw(&[json!({ "body": "other", "color": "red" })], &shapes, folder.path()).unwrap(), drawn);
    }

    #[test]
    fn shapes_that_are_missing_are_named() {
        let error = draw(&[], Path::new("/nowhere/shapes.svg"), Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/shapes.svg: "), "{error}");
    }
}
