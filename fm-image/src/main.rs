use fm_image::{Files, Images, image};
use fm_sdk::{Clock, NoSettings};

fn main() -> std::process::ExitCode {
    fm_sdk::run_with::<NoSettings, _>(fm_sdk::program!(), |_, settings| {
        Ok(image(Images::new(Files::open(&settings.files)?, Clock::system())))
    })
}
