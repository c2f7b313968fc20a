//! What a conversation with a server means. Pure.

use std::time::Duration;

use crate::checks::Subject;
use crate::checks::redis::facts::Facts;
use crate::checks::redis::refusal::{self, meaning};
use crate::checks::redis::{RedisObservation, State};
use crate::checks::system::against;
use crate::checks::wire::{self, Lore, Peer, measured, percent};
use crate::config::Bars;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// Clients of those that may connect: yellow from here.
const CLIENTS_WARN_PERCENT: f64 = 80.0;

/// Judges a redis check; `memory` are the bars for a server that throws nothing out.
pub(in crate::checks) fn judge(
    subject: &Subject,
    memory: Bars,
    timeout: Duration,
    seen: &RedisObservation,
) -> Finding {
    let peer = Peer { product: "Redis", place: &seen.place, down: Cause::CacheDown };
    let lore = Lore {
        state: &|state| of_state(subject, memory, seen, state),
        meaning,
        busy: Some(&["SLOWLOG", "GET", "5"][..]),
        client: &|run| refusal::client(seen, run),
    };
    wire::judged(subject, peer, &seen.outcome, timeout, &lore)
}

fn of_state(subject: &Subject, memory: Bars, seen: &RedisObservation, state: &State) -> Finding {
    let took = human::duration(state.login_took + state.ping_took);
    let facts = state.facts.clone().unwrap_or_default();
    let mut summary = format!("{} answers in {took}", format!("Redis {}", facts.version).trim_end());
    if state.write_took.is_some() {
        summary.push_str(" and takes writes");
    }
    if let Some(used) = facts.used_bytes {
        summary = format!("{summary}, {}", used_of(used, facts.max_bytes.unwrap_or(0)));
    }
    let mut worst = Severity::Ok;
    let mut section = None;
    for note in notes(&facts, memory) {
        worst = worst.max(note.severity);
        section = section.or(Some(note.section));
        summary = format!("{summary}; {}", note.words);
    }
    let mut finding = subject.finding(worst, summary);
    if facts.is_full() {
        finding.cause = Some(Cause::CacheDown);
    }
    if let Some(section) = section {
        let command = refusal::client(seen, &["INFO", section]);
        finding = finding.hint("see it in full", Some(command));
    }
    with_facts(finding, state, &facts, memory)
}

/// Something that is not as it should be, and the section of INFO that shows it.
struct Note {
    severity: Severity,
    words: String,
    section: &'static str,
}

fn notes(facts: &Facts, memory: Bars) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |severity, words: &str, section| {
        notes.push(Note { severity, words: words.to_owned(), section });
    };
    if facts.is_full() {
        note(Severity::Critical, "its memory is full and nothing is thrown out: it refuses writes", "memory");
    } else if facts.policy == "noeviction" && memory_percent(facts).is_some_and(|used| used >= memory.warn) {
        note(Severity::Warning, "its memory is nearly full, and nothing is thrown out", "memory");
    }
    if facts.has_append_failed {
        note(Severity::Warning, "its last write to the append-only file failed", "persistence");
    }
    if facts.has_save_failed {
        note(Severity::Warning, "its last save failed: it may refuse writes", "persistence");
    }
    if facts.is_replica && !facts.is_linked {
        let since = facts.down_seconds.map(|s| format!(" for {}", human::duration(Duration::from_secs(s))));
        let words = format!("its link to {} is down{}", facts.primary, since.unwrap_or_default());
        note(Severity::Warning, &words, "replication");
    }
    if let (Some(now), Some(most)) = (facts.clients, facts.max_clients) {
        let bars = Bars { warn: CLIENTS_WARN_PERCENT, critical: f64::INFINITY };
        let used = percent(now, most).unwrap_or(0.0);
        if against(used, bars) > Severity::Ok {
            note(Severity::Warning, &format!("{now} of {most} clients are connected"), "clients");
        }
    }
    notes
}

fn with_facts(finding: Finding, state: &State, facts: &Facts, memory: Bars) -> Finding {
    let role = if facts.is_replica { "replica" } else { "primary" };
    let mut finding = match &state.facts {
        None => finding,
        Some(_) => finding
            .with("version", facts.version.clone())
            .with("role", role)
            .with("clients", facts.clients)
            .with("max_clients", facts.max_clients)
            .with("used_bytes", facts.used_bytes)
            .with("max_bytes", facts.max_bytes)
            .with("memory_percent", memory_percent(facts))
            .with("eviction_policy", facts.policy.clone())
            .with("is_full", facts.is_full())
            .with("save_failed", facts.has_save_failed)
            .with("append_failed", facts.has_append_failed)
            .with("primary_link_up", facts.is_replica.then_some(facts.is_linked))
            .with("uptime_seconds", facts.uptime_seconds),
    };
    if let Some(used) = memory_percent(facts) {
        let mut metric = Metric::new("memory", used, Unit::Percent).range(0.0, 100.0);
        metric.warn = Some(memory.warn);
        finding = finding.metric(metric);
    }
    finding = measured(measured(finding, "login", state.login_took), "ping", state.ping_took);
    match state.write_took {
        Some(took) => measured(finding, "write", took),
        None => finding,
    }
}

fn memory_percent(facts: &Facts) -> Option<f64> {
    percent(facts.used_bytes?, facts.max_bytes?)
}

fn used_of(used: u64, most: u64) -> String {
    match most {
        0 => format!("{} in use", human::bytes(used)),
        most => format!("{} of {} in use", human::bytes(used), human::bytes(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::wire::{Fault, Refusal, Stage};

    const MEMORY: Bars = Bars { warn: 80.0, critical: 90.0 };

    fn judged(outcome: Result<State, Fault>) -> Finding {
        let seen = RedisObservation { place: "cache:6379".into(), has_password: true, outcome };
        judge(&Subject::check("cache"), MEMORY, Duration::from_secs(5), &seen)
    }

    fn with(info: &str) -> Finding {
        let facts = Facts::read(&format!("redis_version:7.0.15\r\n{info}"));
        judged(Ok(State { facts: Some(facts), ..State::default() }))
    }

    #[test]
    fn full_memory_is_red_even_though_it_answers() {
        let full = with("used_memory:2048\r\nmaxmemory:2048\r\nmaxmemory_policy:noeviction");
        assert_eq!((full.severity, full.cause), (Severity::Critical, Some(Cause::CacheDown)));
        assert!(full.summary.ends_with("nothing is thrown out: it refuses writes"), "{}", full.summary);
        let command = full.hint.unwrap().command.unwrap();
        assert_eq!(command, "redis-cli -h cache -p 6379 --askpass INFO memory");
        let evicts = with("used_memory:2048\r\nmaxmemory:2048\r\nmaxmemory_policy:allkeys-lru");
        assert_eq!(evicts.severity, Severity::Ok);
        let nearly = with("used_memory:1700\r\nmaxmemory:2048\r\nmaxmemory_policy:noeviction");
        assert_eq!(nearly.severity, Severity::Warning);
    }

    #[test]
    fn failing_saves_and_lost_primaries_are_yellow() {
        assert_eq!(with("rdb_last_bgsave_status:err").severity, Severity::Warning);
        let lost = with("role:slave\r\nmaster_host:a\r\nmaster_port:1\r\nmaster_link_status:down");
        assert!(lost.summary.ends_with("its link to a:1 is down"), "{}", lost.summary);
        assert_eq!(with("connected_clients:81\r\nmaxclients:100").severity, Severity::Warning);
        assert_eq!(with("connected_clients:79\r\nmaxclients:100").severity, Severity::Ok);
    }

    #[test]
    fn refusals_are_told_in_words_with_their_cure() {
        for (code, message, stage, words, cause) in [
            ("NOAUTH", "Authentication required.", Stage::Query, "it wants a password", None),
            ("OOM", "command not allowed", Stage::Write, "its memory is full", Some(Cause::CacheDown)),
            ("LOADING", "Redis is loading", Stage::Query, "it is loading its data", Some(Cause::CacheDown)),
            ("ERR", "max number of clients reached", Stage::Login, "all connections", Some(Cause::CacheDown)),
        ] {
            let refusal = Refusal { code: code.into(), message: message.into() };
            let finding = judged(Err(Fault::Refused(stage, refusal)));
            assert!(finding.summary.contains(words), "{}", finding.summary);
            assert_eq!((finding.severity, finding.cause), (Severity::Critical, cause), "{code}");
            assert!(finding.hint.is_some(), "{code}");
        }
    }
}
