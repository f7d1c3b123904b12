//! Private keys as files: one private JWK (RFC 8037, section 2) each, readable by the service's user alone.

use super::KeyPair;
use crate::{Error, Kind, Result, ResultExt};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

#[derive(Serialize, Deserialize)]
struct Stored {
    kty: String,
    crv: String,
    x: String,
    d: String,
    kid: String,
    created_ms: i64,
}

/// Reads all pairs of a folder, which is made if it is missing.
///
/// # Errors
/// `Internal`, code `key-file`, naming the file: a broken key is never replaced in silence.
pub(super) fn read(folder: &Path) -> Result<Vec<KeyPair>> {
    make(folder).map_err(|e| unusable(folder, e.to_string()))?;
    let mut pairs = Vec::new();
    for entry in fs::read_dir(folder).internal()? {
        let path = entry.internal()?.path();
        if path.extension().is_some_and(|e| e == "jwk") {
            pairs.push(read_pair(&path)?);
        }
    }
    Ok(pairs)
}

/// Writes a pair: whole or not at all, and never readable by others.
pub(super) fn write(folder: &Path, pair: &KeyPair) -> Result<()> {
    let jwk = pair.jwk();
    let stored = Stored {
        kty: jwk.kty.clone(),
        crv: jwk.crv.clone(),
        x: jwk.x.clone(),
        d: URL_SAFE_NO_PAD.encode(pair.signing().as_bytes()),
        kid: jwk.kid.clone(),
        created_ms: pair.created_ms,
    };
    let text = serde_json::to_string_pretty(&stored).internal()?;
    let (path, part) = (path(folder, pair.kid()), folder.join(format!("{}.part", pair.kid())));
    let written = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|e| unusable(&path, e.to_string()))
}

/// Removes a pair; one that is gone already is no error.
pub(super) fn remove(folder: &Path, kid: &str) -> Result<()> {
    let path = path(folder, kid);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(unusable(&path, e.to_string())),
        _ => Ok(()),
    }
}

fn path(folder: &Path, kid: &str) -> PathBuf {
    folder.join(format!("{kid}.jwk"))
}

fn make(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    Ok(())
}

fn read_pair(path: &Path) -> Result<KeyPair> {
    close(path).map_err(|e| unusable(path, e.to_string()))?;
    let text = fs::read_to_string(path).map_err(|e| unusable(path, e.to_string()))?;
    // The parser's own words could quote the private key.
    let stored: Stored = serde_json::from_str(&text).map_err(|_| unusable(path, "it is not a private JWK"))?;
    let seed = URL_SAFE_NO_PAD.decode(&stored.d).ok().and_then(|d| <[u8; 32]>::try_from(d).ok());
    let pair = KeyPair::from_seed(&seed.ok_or_else(|| unusable(path, "its d is not 32 bytes in base64url"))?, stored.created_ms);
    if pair.kid() != stored.kid || pair.jwk().x != stored.x {
        return Err(unusable(path, "its public half or its id does not belong to its private half"));
    }
    Ok(pair)
}

/// Takes a key file away from everybody else.
fn close(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        log::warn!("identity: {} was readable by others (mode {:o}), changed to 600", path.display(), mode & 0o777);
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn unusable(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(Kind::Internal, "key-file", format!("the key file {} cannot be used: {why}", path.display()))
}
