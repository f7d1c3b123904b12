//! A MongoDB for tests: the one named by `FM_TEST_MONGODB_URL`, else `mongod` if it is installed, else mongo-java-server, a MongoDB in one
//! Java process, fetched by Maven once per user.

mod java;
mod process;

use process::Process;
use std::{
    env, io,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// A MongoDB of its own on a free port; ends when it is dropped, and with the test process in any case.
#[derive(Debug)]
pub struct MongoServer {
    url: String,
    /// `None`: somebody else's, given by its URL.
    process: Option<Process>,
}

impl MongoServer {
    /// Starts a server that keeps its data in memory if it can, and waits until it answers.
    ///
    /// # Errors
    /// No server can be started; says which packages are missing.
    pub fn start() -> io::Result<Self> {
        if let Ok(url) = env::var("FM_TEST_MONGODB_URL") {
            return Ok(MongoServer { url, process: None });
        }
        Process::start(false).map(Self::of)
    }
    /// Starts a server of its own that keeps its data in a file, for [`MongoServer::stop`] and [`MongoServer::resume`].
    ///
    /// # Errors
    /// No server can be started; says which packages are missing.
    pub fn remembering() -> io::Result<Self> {
        Process::start(true).map(Self::of)
    }
    fn of(process: Process) -> Self {
        MongoServer { url: format!("mongodb://127.0.0.1:{}", process.port()), process: Some(process) }
    }
    /// Starts one server for all tests of this process, at the first call.
    ///
    /// # Panics
    /// If no server can be started.
    pub fn shared() -> &'static MongoServer {
        static SHARED: OnceLock<MongoServer> = OnceLock::new();
        SHARED.get_or_init(|| MongoServer::start().unwrap_or_else(|e| panic!("{e}")))
    }
    /// The connection string.
    pub fn url(&self) -> &str {
        &self.url
    }
    /// Makes a name that no other test's database has.
    pub fn fresh_database() -> String {
        static DATABASES: AtomicUsize = AtomicUsize::new(0);
        let now = fm_sdk::time::now_ms();
        format!("fm_test_{}_{now}_{}", std::process::id(), DATABASES.fetch_add(1, Relaxed))
    }
    /// Ends the server in order; its port stays its own for [`MongoServer::resume`].
    ///
    /// # Errors
    /// It does not end, or it is somebody else's.
    pub fn stop(&mut self) -> io::Result<()> {
        self.own()?.stop()
    }
    /// Starts the server again on the same port with the same data, and waits until it answers.
    ///
    /// # Errors
    /// It does not start, or it is somebody else's.
    pub fn resume(&mut self) -> io::Result<()> {
        self.own()?.resume()
    }
    fn own(&mut self) -> io::Result<&mut Process> {
        self.process.as_mut().ok_or_else(|| io::Error::other("the MongoDB of FM_TEST_MONGODB_URL is not this test's to stop"))
    }
}
