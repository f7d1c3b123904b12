//! One fm-cars with nothing beside it, over many cars: those of a running market, copied with other prices.

use crate::{
    Result,
    figure::Figure,
    process::{family, resident},
    search,
};
use market::{
    Caller,
    child::{OwnedChild, free_addresses},
};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Settings of this part.
#[derive(clap::Args)]
pub struct Large {
    /// The program fm-cars
    #[arg(long)]
    program: PathBuf,
    /// The store of a fm-cars that has imported ads (a file of SQLite); it is copied, not changed
    #[arg(long)]
    store: PathBuf,
    /// A folder for the copy, made and removed
    #[arg(long)]
    folder: PathBuf,
    /// How many cars to make of them
    #[arg(long, default_value_t = 1_000_000)]
    cars: usize,
    /// Requests per second
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// For how long
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
}

/// How long it may take to read its cars.
const START: Duration = Duration::from_secs(600);

impl Large {
    /// Measures.
    ///
    /// # Errors
    /// The store is not one of fm-cars, or fm-cars does not get ready.
    pub fn run(self) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let measured = self.measure();
        fs::remove_dir_all(&self.folder)?;
        measured
    }

    fn measure(&self) -> Result<()> {
        eprintln!("large: {} cars in an SQLite file", self.cars);
        let cars = multiply(&self.store, &self.folder.join("fm-cars.sqlite"), self.cars)?;
        let [address] = free_addresses()?;
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs([("FM_BUS", "memory"), ("FM_REGISTRY", "memory"), ("FM_LOG", "warn"), ("MALLOC_ARENA_MAX", "2")])
            .env("FM_STORE", &self.folder)
            .env("FM_DATA", &self.folder)
            .env("FM_HTTP", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let begun = Instant::now();
        let service = OwnedChild(command.spawn()?);
        while !is_ready(address) {
            if begun.elapsed() > START {
                return Err("fm-cars did not get ready".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let name = format!("over {cars} cars, fm-cars alone");
        Figure::new("large", format!("start {name}, until ready"), format!("{:.1} s", begun.elapsed().as_secs_f64())).print();
        Figure::new("large", format!("memory {name}, after the start"), format!("{:.0} MiB", resident(&family(service.0.id())))).print();
        let outcome = search::ask(address, self.rate, Duration::from_secs_f64(self.seconds))?;
        search::report("large", &name, self.rate, 25.0, &outcome);
        Figure::new("large", format!("memory {name}, after the searches"), format!("{:.0} MiB", resident(&family(service.0.id())))).print();
        Ok(())
    }
}

fn is_ready(address: SocketAddr) -> bool {
    Caller::new(format!("http://{address}")).try_send("GET", "/health/ready", None).is_ok_and(|answer| answer.status == 200)
}

/// Copies a store and its cars in it until there are that many; each copy has an id of its own and other numbers. Gives how many.
fn multiply(from: &Path, to: &Path, cars: usize) -> Result<usize> {
    let source = rusqlite::Connection::open_with_flags(from, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    source.execute("vacuum into ?1", [to.to_string_lossy()])?;
    let store = rusqlite::Connection::open(to)?;
    store.execute_batch("pragma journal_mode = wal; pragma synchronous = off; drop table if exists temp.one; create temp table one as select id, v, d from c_cars where d is not null")?;
    let indexes: Vec<(String, String)> = store
        .prepare("select name, sql from sqlite_master where type = 'index' and tbl_name = 'c_cars' and sql is not null")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (name, _) in &indexes {
        store.execute_batch(&format!("drop index \"{name}\""))?;
    }
    let count = |c: &rusqlite::Connection| c.query_row("select count(*) from c_cars where d is not null", [], |row| row.get::<_, i64>(0));
    let mut have = count(&store)? as usize;
    if have == 0 {
        return Err("the store has no cars".into());
    }
    let mut copy = 0;
    while have < cars {
        copy += 1;
        have += store.execute(COPY, rusqlite::params![copy, (cars - have) as i64])?;
    }
    for (_, sql) in &indexes {
        store.execute_batch(sql)?;
    }
    store.execute_batch("pragma wal_checkpoint(truncate)")?;
    Ok(count(&store)? as usize)
}

/// Copies up to `?2` cars: the last twelve digits of an id are the copy's own, the document carries the id too.
const COPY: &str = "insert into c_cars (id, v, d)
    select id, v, json_set(d, '$.id', id, '$.price', 100 + (price + abs(random()) % 5000) % 60000, '$.added', added - abs(random()) % 1000000000)
    from (select substr(id, 1, 20) || printf('%012x', ?1 * 1000003 + rowid) as id, v, d,
        json_extract(d, '$.price') as price, json_extract(d, '$.added') as added from temp.one limit ?2)";
