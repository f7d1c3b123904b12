//! A span that has ended.

use super::{Text, TraceParent, Value};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq, SerializeStruct},
};

/// What the allocator takes for a piece of memory beside what was asked for, in bytes: glibc's malloc has a header of eight and rounds up to
/// a multiple of sixteen.
const PER_ALLOCATION: usize = 16;

/// What a span is to the other side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// Answers somebody who waits.
    Server,
    /// Asks somebody and waits.
    Client,
    /// Sends a message that somebody handles later.
    Producer,
    /// Handles such a message.
    Consumer,
    /// Neither.
    Internal,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanStatus {
    /// Nothing went wrong.
    #[default]
    Unset,
    /// It failed.
    Error,
}

/// A span that has ended.
#[derive(Clone, Debug)]
pub struct SpanRecord {
    pub(super) trace: u128,
    pub(super) span: u64,
    /// 0 = none: the first of its trace.
    pub(super) parent: u64,
    /// The first span of its process in this trace, or of one message in it.
    pub(super) is_local_root: bool,
    pub(super) kind: SpanKind,
    pub(super) verb: &'static str,
    pub(super) target: Text,
    pub(super) start_us: i64,
    pub(super) duration_us: u64,
    pub(super) status: SpanStatus,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) links: Vec<TraceParent>,
}

/// The most attributes of a span.
pub(super) const MAX_ATTRIBUTES: usize = 16;
/// The most links of a span.
pub(super) const MAX_LINKS: usize = 8;

impl SpanRecord {
    /// Gives its name: what is done, and with what.
    #[must_use]
    pub fn name(&self) -> String {
        match self.target.as_str() {
            "" => self.verb.to_owned(),
            target => format!("{} {target}", self.verb),
        }
    }
    /// Gives what it is to the other side.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.kind
    }
    /// Gives how it ended.
    #[must_use]
    pub fn status(&self) -> SpanStatus {
        self.status
    }
    /// Gives the id of the span, 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
    /// Gives the id of the span that caused it.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<String> {
        (self.parent != 0).then(|| format!("{:016x}", self.parent))
    }
    /// Gives when it began, in microseconds since the Unix epoch.
    #[must_use]
    pub fn start_us(&self) -> i64 {
        self.start_us
    }
    /// Gives how long it took, in microseconds.
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        self.duration_us
    }
    /// Gives an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }
    /// Gives the spans that it has to do with beside its parent.
    #[must_use]
    pub fn links(&self) -> &[TraceParent] {
        &self.links
    }
    /// Gives the bytes that it holds on the heap, each piece with what the allocator adds to it.
    pub(super) fn heap(&self) -> usize {
        let attributes = self.attributes.capacity() * size_of::<(&'static str, Value)>();
        let links = self.links.capacity() * size_of::<TraceParent>();
        let texts = self.attributes.iter().map(|(_, value)| value.heap()).chain([self.target.heap()]);
        texts.chain([attributes, links]).filter(|bytes| *bytes > 0).map(|bytes| bytes + PER_ALLOCATION).sum()
    }
    pub(super) fn serialize_for<S: Serializer>(&self, service: &str, instance: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("span", 12)?;
        out.serialize_field("trace_id", &format_args!("{:032x}", self.trace))?;
        out.serialize_field("span_id", &format_args!("{:016x}", self.span))?;
        out.serialize_field("parent_span_id", &self.parent_span_id())?;
        out.serialize_field("service", service)?;
        out.serialize_field("instance", instance)?;
        out.serialize_field("kind", &self.kind)?;
        out.serialize_field("name", &self.name())?;
        out.serialize_field("start_us", &self.start_us)?;
        out.serialize_field("duration_us", &self.duration_us)?;
        out.serialize_field("status", &self.status)?;
        out.serialize_field("attributes", &Attributes(&self.attributes))?;
        out.serialize_field("links", &Links(&self.links))?;
        out.end()
    }
}

struct Attributes<'a>(&'a [(&'static str, Value)]);
impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

struct Links<'a>(&'a [TraceParent]);
impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Link {
            trace_id: String,
            span_id: String,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for link in self.0 {
            list.serialize_element(&Link { trace_id: link.trace_id(), span_id: link.span_id() })?;
        }
        list.end()
    }
}
