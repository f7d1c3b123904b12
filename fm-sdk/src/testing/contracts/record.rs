//! Records what a test lets its service read.

use super::{
    pact::{About, Comments, Interaction, Message, Pact, State},
    reading::Reading,
};
use crate::{Call, Command, Event, Kind, Reply, Senders};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
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

    #[expect(clippy::panic, reason = "a contract that cannot be written must not be missed")]
    fn record(&self, provider: &str, sample: impl FnOnce() -> Value, interaction: impl FnOnce() -> Option<Interaction>) {
        let Some(folder) = self.folder().filter(|_| provider != self.consumer) else { return };
        let sample = sample();
        if !is_new((&folder, self.consumer, provider, sample.to_string())) {
            return;
        }
        let Some(interaction) = interaction() else { return };
        let file = folder.join(format!("{provider}.json"));
        if let Err(why) = add(&file, Pact::new(self.consumer, provider), interaction) {
            panic!("{} cannot be recorded: {why}", file.display());
        }
    }
}

fn about(description: String, optional: Vec<super::pact::PathText>) -> About {
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

/// Whether a sample may say more than is known: it is the first of its like, or the test that is named for it comes later by name. Tests of
/// crashes deliver one message a hundred times.
fn is_new(sample: impl std::hash::Hash) -> bool {
    use std::hash::{BuildHasher, RandomState};
    static SEEN: OnceLock<(RandomState, Mutex<HashMap<u64, String>>)> = OnceLock::new();
    let (hasher, seen) = SEEN.get_or_init(Default::default);
    let (sample, test) = (hasher.hash_one(sample), test_name());
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new = seen.get(&sample).is_none_or(|known| test < *known);
    if is_new {
        seen.insert(sample, test);
    }
    is_new
}

/// Adds an interaction to what is recorded for a file, and writes the file if that is more than before.
fn add(file: &Path, empty: Pact, interaction: Interaction) -> Result<(), String> {
    static WRITTEN: Mutex<BTreeMap<PathBuf, Pact>> = Mutex::new(BTreeMap::new());
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = written.get(file) {
        let mut pact = known.clone();
        insert(&mut pact.interactions, interaction.clone());
        if pact == *known {
            return Ok(());
        }
    }
    written.insert(file.into(), write(file, empty, interaction)?);
    Ok(())
}

/// Writes to a file what it has and an interaction more; other test programs may do so at the same time.
fn write(file: &Path, empty: Pact, interaction: Interaction) -> Result<Pact, String> {
    let told = |e: io::Error| e.to_string();
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(told)?;
    // A lock on the folder itself: it leaves nothing behind. Replaced at once, so that no reader sees half a file.
    let lock = File::open(folder).map_err(told)?;
    lock.lock().map_err(told)?;
    let before = if file.exists() { Pact::read(file)? } else { empty };
    let mut pact = before.clone();
    insert(&mut pact.interactions, interaction);
    if pact == before {
        return Ok(pact);
    }
    let text = serde_json::to_string_pretty(&pact).map_err(|e| e.to_string())?;
    let written = file.with_extension("json.new");
    fs::write(&written, text + "\n").and_then(|()| fs::rename(&written, file)).map_err(told)?;
    Ok(pact)
}

/// Puts an interaction in its place, or together with the one of the same description.
fn insert(interactions: &mut Vec<Interaction>, new: Interaction) {
    match interactions.binary_search_by(|known| known.about().description.cmp(&new.about().description)) {
        Err(place) => interactions.insert(place, new),
        Ok(place) => interactions[place] = merge(&interactions[place], new),
    }
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
        (_, new) => new,
    }
}
