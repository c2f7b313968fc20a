//! From a request's body to the store: decoded, sorted, admitted, written, and only then answered.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::Utc;
use hashbrown::HashMap;

use super::auth::{Key, key_of};
use super::encoding::{DecodeError, Encoding, decode, decode_untold};
use super::envelope::{Envelope, EnvelopeError};
use super::items::sort;
use crate::errors::door::{Admitted, Alike, Arrival, Door, EventId, Identity, Source, parse_json};
use crate::errors::store::{Offer, StoreError, Writer};
use crate::grouping::Fingerprint;

/// Bytes of a body, unpacked.
const MAX_BODY: usize = 20 << 20;
/// Events of one issue in a minute whose bodies are prepared; of more, one in so many.
const FULL_BODIES: u32 = 300;
const SAMPLED: u32 = 64;
const MINUTE: i64 = 60_000_000;
/// Bytes of a client's reason for a loss.
const MAX_WORD: usize = 64;

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Envelope,
    /// One event's JSON.
    Event,
}

/// What became of a request.
#[derive(Debug)]
pub enum Taken {
    /// Everything is on the disk, or was nothing to keep.
    Done {
        id: Option<EventId>,
    },
    /// The key is missing or wrong.
    Forbidden,
    Malformed(String),
    TooLarge,
    /// The store could not write.
    Failed(Arc<StoreError>),
    /// Too much waits already.
    Busy,
}

/// Told what became of a request, from whatever thread.
pub type Reply = Box<dyn FnOnce(Taken) + Send>;

/// The way from the wire into the store.
#[derive(Debug)]
pub struct Intake {
    pub door: Door,
    pub writer: Writer,
    /// The key that is asked for, if any is.
    pub key: Option<Key>,
    pub sampler: Sampler,
    pub alike: Alike,
}

/// Knows which issues come so often that most of their bodies are not worth preparing.
#[derive(Debug, Default)]
pub struct Sampler {
    seen: Mutex<(i64, HashMap<Fingerprint, u32>)>,
    /// Some issue of this minute does.
    storms: AtomicBool,
}

impl Sampler {
    /// Whether the body of this event is worth it.
    fn keeps(&self, fingerprint: Fingerprint, now: i64) -> bool {
        let minute = now.div_euclid(MINUTE);
        let mut seen = lock(&self.seen);
        if seen.0 != minute || seen.1.len() > 50_000 {
            *seen = (minute, HashMap::new());
            self.storms.store(false, Ordering::Relaxed);
        }
        let count = seen.1.entry(fingerprint).or_default();
        *count += 1;
        if *count > FULL_BODIES {
            self.storms.store(true, Ordering::Relaxed);
        }
        *count <= FULL_BODIES || count.is_multiple_of(SAMPLED)
    }

    /// Whether the next event is likely to be one whose body is not kept.
    fn is_storming(&self) -> bool {
        self.storms.load(Ordering::Relaxed)
    }
}

/// The events of one request that are on their way; the last one to arrive answers.
struct Answer {
    left: AtomicU64,
    failed: Mutex<Option<Arc<StoreError>>>,
    id: Option<EventId>,
    reply: Mutex<Option<Reply>>,
}

impl Answer {
    fn one_done(&self, error: Option<Arc<StoreError>>) {
        if let Some(error) = error {
            *lock(&self.failed) = Some(error);
        }
        if self.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let failed = lock(&self.failed).take();
        let taken = failed.map_or(Taken::Done { id: self.id }, Taken::Failed);
        if let Some(reply) = lock(&self.reply).take() {
            reply(taken);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Intake {
    /// Whether a request can be turned away without its body: by a wrong key, or by none where only the request can bear one.
    pub fn turns_away(&self, form: Form, (query, header): (Option<&str>, Option<&str>)) -> bool {
        match (&self.key, key_of(query, header, None)) {
            (None, _) => false,
            (Some(_), None) => form == Form::Event,
            (Some(wanted), Some(told)) => *wanted != told,
        }
    }

    /// Takes a body in and replies once its events are on the disk.
    pub fn take(
        &self,
        body: Vec<u8>,
        encoding: Encoding,
        form: Form,
        credentials: (Option<&str>, Option<&str>),
        reply: Reply,
    ) {
        match self.unpack(body, encoding, form) {
            Ok(body) => self.take_plain(&body, form, credentials, reply),
            Err(DecodeError::TooLarge(_)) => {
                self.lose("too-large", "request", 1);
                reply(Taken::TooLarge);
            }
            Err(error) => {
                self.lose("malformed", "request", 1);
                reply(Taken::Malformed(error.to_string()));
            }
        }
    }

    fn unpack(&self, body: Vec<u8>, encoding: Encoding, form: Form) -> Result<Vec<u8>, DecodeError> {
        let body = decode(body, encoding, MAX_BODY)?;
        match form {
            Form::Event if !body.trim_ascii_start().starts_with(b"{") => decode_untold(body, MAX_BODY),
            _ => Ok(body),
        }
    }

    fn take_plain(
        &self,
        body: &[u8],
        form: Form,
        (query, header): (Option<&str>, Option<&str>),
        reply: Reply,
    ) {
        let envelope = match form {
            Form::Envelope => match Envelope::read(body) {
                Ok(envelope) => envelope,
                Err(error @ (EnvelopeError::NoHeader | EnvelopeError::BadHeader)) => {
                    self.lose("malformed", "envelope", 1);
                    return reply(Taken::Malformed(error.to_string()));
                }
            },
            Form::Event => Envelope::default(),
        };
        if self.key.is_some() && self.key != key_of(query, header, Some(&envelope)) {
            return reply(Taken::Forbidden);
        }
        let mut sorted = sort(&envelope);
        if form == Form::Event {
            sorted.events.push(body);
        }
        for (reason, category, count) in &sorted.losses {
            // Both are whatever the client says.
            let clean = |text: &str| self.door.scrubber.within(text, MAX_WORD);
            self.lose(&clean(reason), &clean(category), *count);
        }
        let told = envelope.event_id.as_deref().and_then(|id| id.parse().ok());
        // Of several events in one envelope only one can bear its id.
        let id_for = |index: usize| told.filter(|_| index == 0);
        let mut offers = Vec::new();
        let mut broken = None;
        for (index, payload) in sorted.events.iter().enumerate() {
            match self.admit(payload, id_for(index)) {
                Ok(event) => offers.push(event),
                Err(error) => {
                    self.lose("malformed", "event", 1);
                    broken = Some(error);
                }
            }
        }
        match broken {
            Some(error) if offers.is_empty() => reply(Taken::Malformed(format!("invalid event: {error}"))),
            _ if offers.is_empty() && envelope.is_broken => {
                self.lose("malformed", "envelope", 1);
                reply(Taken::Malformed("the envelope ends within an item".to_owned()));
            }
            _ => self.offer(offers, reply),
        }
    }

    /// Identifies an event; in a storm by those that were the same, and the whole of it is read only where its body is kept.
    fn admit(&self, payload: &[u8], id: Option<EventId>) -> Result<Admitted, serde_json::Error> {
        let received = Utc::now().timestamp_micros();
        let arrival = Arrival { received, source: Source::Sdk, count: 1, keeps_body: true, id };
        let keeps = |identity: &Identity| self.sampler.keeps(identity.fingerprint, received);
        if self.sampler.is_storming()
            && let Some(counted) = self.alike.count(&self.door, payload, arrival)
        {
            let is_kept = keeps(&counted.identity);
            return if is_kept { Ok(self.door.admit(parse_json(payload)?, arrival)) } else { Ok(counted) };
        }
        Ok(self.door.admit_when(parse_json(payload)?, arrival, keeps))
    }

    fn offer(&self, events: Vec<Admitted>, reply: Reply) {
        let id = events.first().map(|event| event.id);
        let answer = Arc::new(Answer {
            // One more than there are events, so that none can answer before all are offered.
            left: AtomicU64::new(events.len() as u64 + 1),
            failed: Mutex::new(None),
            id,
            reply: Mutex::new(Some(reply)),
        });
        let mut refused = 0;
        for event in events {
            let done = Arc::clone(&answer);
            let ack = Box::new(move |result: Result<_, Arc<StoreError>>| done.one_done(result.err()));
            if self.writer.offer(Offer::Event(Box::new(event), ack)).is_err() {
                refused += 1;
                answer.left.fetch_sub(1, Ordering::AcqRel);
            }
        }
        if refused > 0 {
            self.lose("queue-full", "error", refused);
            if let Some(reply) = lock(&answer.reply).take() {
                reply(Taken::Busy);
            }
        }
        answer.one_done(None);
    }

    /// Notes a loss; where even that has no room the report says less than it could.
    fn lose(&self, reason: &str, category: &str, count: u64) {
        let loss = Offer::Loss { reason: reason.to_owned(), category: category.to_owned(), count };
        self.writer.offer(loss).map_err(drop).unwrap_or(());
    }
}
