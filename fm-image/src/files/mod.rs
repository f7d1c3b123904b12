//! Where the pictures' files are: a folder, or a bucket that speaks the S3 protocol.

mod folder;
#[cfg(feature = "s3")]
mod s3;

use crate::{key::Key, variant::Variant};
use actix_web::web::Bytes;
use fm_sdk::{Error, Kind, Result, ResultExt, config::FilesUrl};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::sync::Arc;

/// A file on its way.
pub struct Found {
    /// In bytes.
    pub length: u64,
    pub content: BoxStream<'static, Result<Bytes>>,
}

/// The files of all pictures. Cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// Opens what the setting names; a folder is made if it is not there.
    ///
    /// # Errors
    /// If the folder cannot be made, or the URL names no bucket.
    pub fn open(url: &FilesUrl) -> Result<Self> {
        match url {
            FilesUrl::Folder(folder) => folder::open(folder).map(Files),
            #[cfg(feature = "s3")]
            FilesUrl::S3(url) => s3::open(url).map(Files),
            #[cfg(not(feature = "s3"))]
            FilesUrl::S3(_) => Err(Error::new(Kind::Invalid, "not-built", "FM_FILES asks for S3, and this program was built without it")),
        }
    }
    /// Asks for a file that cannot be there.
    ///
    /// # Errors
    /// `Unavailable` if the store does not answer, or does not let us in.
    pub async fn check(&self) -> Result<()> {
        match self.0.head(&Path::from("images/check")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(unreachable(e)),
        }
    }
    /// Puts a file, whole or not at all; one that is there is replaced.
    ///
    /// # Errors
    /// `Unavailable` if the store is unreachable.
    pub async fn put(&self, key: &Key, variant: Variant, content: Vec<u8>) -> Result<()> {
        self.0.put(&path(key, variant), content.into()).await.map_err(unreachable).map(drop)
    }
    /// Deletes all files of a picture; those that are gone are deleted already.
    ///
    /// # Errors
    /// `Unavailable` if the store is unreachable.
    pub async fn delete(&self, key: &Key) -> Result<()> {
        for variant in Variant::ALL {
            match self.0.delete(&path(key, variant)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(unreachable(e)),
            }
        }
        Ok(())
    }
    /// Whether there is such a file.
    ///
    /// # Errors
    /// `Unavailable` if the store is unreachable.
    pub async fn has(&self, key: &Key, variant: Variant) -> Result<bool> {
        match self.0.head(&path(key, variant)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(e) => Err(unreachable(e)),
        }
    }
    /// Opens a file, if it is there.
    ///
    /// # Errors
    /// `Unavailable` if the store is unreachable.
    pub async fn get(&self, key: &Key, variant: Variant) -> Result<Option<Found>> {
        match self.0.get(&path(key, variant)).await {
            Ok(found) => Ok(Some(Found { length: found.meta.size, content: found.into_stream().map_err(unreachable).boxed() })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(unreachable(e)),
        }
    }
    /// The paths of all files; for tests and for looking around.
    ///
    /// # Errors
    /// `Unavailable` if the store is unreachable.
    pub async fn list(&self) -> Result<Vec<String>> {
        self.0.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.map_err(unreachable)
    }
}

/// Two letters of the key first, so that no folder gets too many entries.
fn path(key: &Key, variant: Variant) -> Path {
    let key = key.as_str();
    Path::from(format!("images/{}/{key}/{}", &key[..2], variant.file()))
}

fn unreachable(e: object_store::Error) -> Error {
    Err::<(), _>(e).unavailable("the store of the pictures").map_or_else(|e| e, |()| Error::new(Kind::Internal, "internal", "no error"))
}
