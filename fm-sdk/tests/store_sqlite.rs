//! The SQLite store against the suite, in memory and in a file.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::store::{Driver, Sqlite};
use std::sync::Arc;

mod memory {
    use super::*;

    async fn fresh() -> Arc<dyn Driver> {
        Arc::new(Sqlite::in_memory().unwrap())
    }
    fm_sdk_testing::store_conformance!(fresh());
}

mod file {
    use super::*;
    use fm_sdk_testing::servers::Guard;
    use std::{
        path::PathBuf,
        sync::{
            OnceLock,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
    };

    async fn fresh() -> Arc<dyn Driver> {
        static FOLDER: OnceLock<(PathBuf, Guard)> = OnceLock::new();
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let (folder, _) = FOLDER.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap().keep();
            let guard = Guard::new(&folder).unwrap();
            (folder, guard)
        });
        Arc::new(Sqlite::open(folder.join(format!("shop-{}/documents.db", FILES.fetch_add(1, Relaxed)))).unwrap())
    }
    fm_sdk_testing::store_conformance!(fresh());
}
