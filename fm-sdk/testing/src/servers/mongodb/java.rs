//! mongo-java-server out of Maven's repository, kept in the user's cache folder.

use sha2::{Digest, Sha256};
use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const POM: &str = include_str!("pom.xml");
const MAIN: &str = include_str!("MongoServer.java");
const MISSING: &str = "tests need a MongoDB: name one by FM_TEST_MONGODB_URL, or install `mongod`, or the packages \
                       default-jdk-headless and maven (which fetch mongo-java-server)";

/// Where Java finds the server; fetches and compiles it if this version is not there yet. Test processes wait for each other here.
pub(super) fn class_path() -> io::Result<String> {
    let version = Sha256::digest([POM, MAIN].concat());
    let cache = cache()?;
    let home = cache.join(format!("mongo-java-server-{:02x}{:02x}{:02x}{:02x}", version[0], version[1], version[2], version[3]));
    let lock = File::create(cache.join("mongo-java-server.lock"))?;
    lock.lock()?;
    if !home.exists() {
        install(&cache, &home)?;
    }
    Ok(format!("{home}/lib/*:{home}/classes", home = home.display()))
}

fn cache() -> io::Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let cache = base.unwrap_or_else(env::temp_dir).join("fm-sdk");
    fs::create_dir_all(&cache)?;
    Ok(cache)
}

fn install(cache: &Path, home: &Path) -> io::Result<()> {
    let staging = tempfile::tempdir_in(cache)?;
    fs::write(staging.path().join("pom.xml"), POM)?;
    fs::write(staging.path().join("MongoServer.java"), MAIN)?;
    run(&staging, "mvn", &["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"])?;
    run(&staging, "javac", &["-cp", "lib/*", "-d", "classes", "MongoServer.java"])?;
    // whole or not at all: a folder of this name is complete
    fs::rename(staging.keep(), home)
}

fn run(folder: &tempfile::TempDir, program: &str, args: &[&str]) -> io::Result<()> {
    let out = Command::new(program).args(args).current_dir(folder.path()).stdin(Stdio::null()).output().map_err(missing)?;
    if out.status.success() {
        return Ok(());
    }
    let (text, error) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    Err(io::Error::other(format!("{program} failed while it made a MongoDB for tests ready:\n{text}{error}")))
}

pub(super) fn missing(e: io::Error) -> io::Error {
    if e.kind() == io::ErrorKind::NotFound { io::Error::new(io::ErrorKind::NotFound, MISSING) } else { e }
}
