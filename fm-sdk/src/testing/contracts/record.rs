//! Records what a test lets its service read.

use super::{
    pact::{About, Comments, Interaction, Message, Pact, State},
    reading::Reading,
    record_http::{self, HttpRecorder},
};
use crate::{
    Call, Command, Event, Kind, Reply, Senders,
    http::client::observer::{self, Observer},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

/// Names the folder to record into; nothing is recorded without it.
const FOLDER: &str = "FM_RECORD_CONTRACTS";

/// Records for one consumer.
pub(in crate::testing) struct Recorder {
    consumer: &'static str,
    folder: Mutex<Option<PathBuf>>,
}

impl Recorder {
    pub fn new(consumer: &'static str) -> Self {
        let folder = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        Recorder { consumer, folder: folder.into() }
    }
    /// Records into this folder, whatever the environment names.
    pub fn set_folder(&self, folder: &Path) {
        *self.folder.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.into());
    }
    /// Records what the service asks over HTTP from here on, on this thread.
    pub fn record_http(self: &Arc<Self>) {
        observer::observe(self.folder().map(|_| Rc::new(HttpRecorder(Arc::downgrade(self))) as Rc<dyn Observer>));
    }
    /// Waits for what the service has asked beside its answers, so that it is recorded in this test.
    pub async fn http_recorded(&self) {
        if self.folder().is_some() {
            observer::all_answered().await;
        }
    }
    fn folder(&self) -> Option<PathBuf> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn event<E: Event>(&self, event: &E, source: &str) {
        self.message(E::NAME, E::SENDERS, event, source);
    }
    pub fn command<C: Command>(&self, command: &C, source: &str) {
        self.message(C::AT, C::SENDERS, command, source);
    }
    /// Records a message of another service that may send it.
    fn message<T: Serialize + DeserializeOwned>(&self, name: &str, senders: Senders, message: &T, source: &str) {
        if senders == Senders::Any || !senders.allow(source) {
            return;
        }
        self.record(
            source,
            || json!([name, message]),
            || {
                let (message, optional) = Reading::of::<T>(&json!(message))?.to_message();
                Some(Interaction::Asynchronous { about: about(name.into(), optional), message })
            },
        );
    }

    /// Records a call and how its stub answered. Errors that the bus gives by itself are no answer of the provider.
    pub fn call<M: Call>(&self, request: &str, reply: &Reply<M::Reply>) {
        let provider = crate::message::owner(M::AT);
        let answer = match reply {
            Ok(reply) => json!(reply),
            Err(e) if matches!(e.kind(), Kind::Unroutable | Kind::Unavailable | Kind::TimedOut | Kind::Internal | Kind::Throttled) => {
                return;
            }
            Err(e) => json!({ "kind": e.kind(), "code": e.code() }),
        };
        self.record(
            provider,
            || json!([M::AT, request, answer]),
            || {
                let (mut request, _) = Reading::of::<M>(&serde_json::from_str(request).ok()?)?.to_message();
                if reply.is_ok() {
                    let (response, optional) = Reading::of::<M::Reply>(&answer)?.to_message();
                    return Some(Interaction::Synchronous { about: about(M::AT.into(), optional), request, response: vec![response] });
                }
                let code = answer["code"].as_str()?;
                let mut about = about(format!("{} fails: {code}", M::AT), vec![]);
                about.provider_states = vec![State::new(code)];
                request.metadata.insert("name".into(), M::AT.into());
                let mut response =
                    Message { metadata: [("fault".to_owned(), Value::Bool(true))].into_iter().collect(), ..Message::default() };
                response.contents.content = answer.clone();
                Some(Interaction::Synchronous { about, request, response: vec![response] })
            },
        );
    }

    pub(super) fn record(&self, provider: &str, sample: impl FnOnce() -> Value, interaction: impl FnOnce() -> Option<Interaction>) {
        let Some(folder) = self.folder().filter(|_| provider != self.consumer) else { return };
        let Some(interaction) = shown((&folder, self.consumer, provider, sample().to_string()), interaction) else { return };
        add(folder.join(format!("{provider}.json")), Pact::new(self.consumer, provider), interaction);
    }
}

/// What was recorded is written when the bus of a test ends: a page asks for much, and each of it may change the file.
impl Drop for Recorder {
    #[expect(clippy::panic, reason = "a contract that cannot be written must not be missed")]
    fn drop(&mut self) {
        let written = self.folder().map_or(Ok(()), |folder| write_all(&folder));
        if let Err(why) = written
            && !thread::panicking()
        {
            panic!("{why}");
        }
    }
}

pub(super) fn about(description: String, optional: Vec<super::pact::PathText>) -> About {
    let comments = Comments { testname: Some(test_name()), optional, ..Comments::default() };
    About { description, comments, ..About::default() }
}

/// The test that runs on this thread, after the name of its program.
fn test_name() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // Cargo puts a hash behind the name.
    let program = program.rsplit_once('-').map_or(program.as_str(), |(name, _)| name);
    format!("{program}::{}", thread::current().name().unwrap_or("unnamed"))
}

/// What a sample shows, if that may be more than is known: it is the first of its like, or the test that is named for it comes later by name.
/// Tests of crashes deliver one message a hundred times.
fn shown(sample: impl std::hash::Hash, interaction: impl FnOnce() -> Option<Interaction>) -> Option<Interaction> {
    use std::{
        collections::hash_map::Entry,
        hash::{BuildHasher, RandomState},
    };
    /// Of each sample the test that is named, and what it shows.
    type Seen = HashMap<u64, (String, Option<Interaction>)>;
    static SEEN: OnceLock<(RandomState, Mutex<Seen>)> = OnceLock::new();
    let (hasher, seen) = SEEN.get_or_init(Default::default);
    let (sample, test) = (hasher.hash_one(sample), test_name());
    let lock = || seen.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, shown)) = lock().get_mut(&sample) {
        if *known <= test {
            return None;
        }
        known.clone_from(&test);
        if let Some(interaction) = shown {
            interaction.about_mut().comments.testname = Some(test);
        }
        return shown.clone();
    }
    let interaction = interaction();
    match lock().entry(sample) {
        Entry::Occupied(known) if known.get().0 <= test => {}
        Entry::Occupied(mut known) => drop(known.insert((test, interaction.clone()))),
        Entry::Vacant(place) => drop(place.insert((test, interaction.clone()))),
    }
    interaction
}

/// What this program has recorded for a file.
struct Recorded {
    pact: Pact,
    /// The file, as it was written last.
    text: String,
    is_written: bool,
}

static RECORDED: Mutex<BTreeMap<PathBuf, Recorded>> = Mutex::new(BTreeMap::new());

fn add(file: PathBuf, empty: Pact, interaction: Interaction) {
    let mut all = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    let recorded = all.entry(file).or_insert_with(|| Recorded { pact: empty, text: String::new(), is_written: true });
    if insert(&mut recorded.pact.interactions, interaction) {
        recorded.is_written = false;
    }
}

fn write_all(folder: &Path) -> Result<(), String> {
    let mut all = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    for (file, recorded) in all.iter_mut().filter(|(file, recorded)| file.parent() == Some(folder) && !recorded.is_written) {
        write(file, recorded).map_err(|why| format!("{} cannot be recorded: {why}", file.display()))?;
    }
    Ok(())
}

/// Writes to a file what was recorded beside what it has; other test programs may do so at the same time.
fn write(file: &Path, recorded: &mut Recorded) -> Result<(), String> {
    let told = |e: io::Error| e.to_string();
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(told)?;
    // A lock on the folder itself: it leaves nothing behind. Replaced at once, so that no reader sees half a file.
    let lock = File::open(folder).map_err(told)?;
    lock.lock().map_err(told)?;
    if file.exists() {
        let before = fs::read_to_string(file).map_err(told)?;
        if before != recorded.text {
            for interaction in Pact::parse(&before)?.interactions {
                insert(&mut recorded.pact.interactions, interaction);
            }
        }
    }
    recorded.text = serde_json::to_string_pretty(&recorded.pact).map_err(|e| e.to_string())? + "\n";
    let written = file.with_extension("json.new");
    fs::write(&written, &recorded.text).and_then(|()| fs::rename(&written, file)).map_err(told)?;
    recorded.is_written = true;
    Ok(())
}

/// Puts an interaction in its place, or together with the one of the same description; says whether that changes anything.
fn insert(interactions: &mut Vec<Interaction>, new: Interaction) -> bool {
    match interactions.binary_search_by(|known| known.about().description.cmp(&new.about().description)) {
        Err(place) => interactions.insert(place, new),
        Ok(place) => {
            let merged = merge(&interactions[place], new);
            if merged == interactions[place] {
                return false;
            }
            interactions[place] = merged;
        }
    }
    true
}

fn merge(known: &Interaction, new: Interaction) -> Interaction {
    // One test is named, and always the same.
    let both = |known: &About, new: About, optional| {
        let testname = [&known.comments.testname, &new.comments.testname].into_iter().flatten().min().cloned();
        About { comments: Comments { testname, optional, ..new.comments }, ..new }
    };
    let read = |known: &Message, known_about: &About, new: &Message, new_about: &About| {
        let merged = Reading::from_message(known, &known_about.comments.optional);
        let (message, optional) = merged.merge(Reading::from_message(new, &new_about.comments.optional)).to_message();
        (Message { metadata: new.metadata.clone(), ..message }, optional)
    };
    match (known, new) {
        (Interaction::Asynchronous { about: a, message: known }, Interaction::Asynchronous { about: b, message: new }) => {
            let (message, optional) = read(known, a, &new, &b);
            Interaction::Asynchronous { about: both(a, b, optional), message }
        }
        (Interaction::Synchronous { about: a, request: q, response: r }, Interaction::Synchronous { about: b, request, response }) => {
            let (request, _) = read(q, &About::default(), &request, &About::default());
            match (&r[..], &response[..]) {
                ([known], [new]) if !new.is_fault() => {
                    let (response, optional) = read(known, a, new, &b);
                    Interaction::Synchronous { about: both(a, b, optional), request, response: vec![response] }
                }
                _ => Interaction::Synchronous { about: both(a, b, vec![]), request, response },
            }
        }
        (Interaction::Http { about: a, request: q, response: r }, Interaction::Http { about: b, request, response }) => {
            let (optional, request, response) = record_http::merge((a, q, r), (&b, request, response));
            Interaction::Http { about: both(a, b, optional), request, response }
        }
        (_, new) => new,
    }
}
