//! From one look to the next.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::logs::news::lives::{Lives, kind_of, summary};
use crate::logs::news::rate::{LATELY_IN_WORDS, Rate, Turn};
use crate::logs::news::standing::Standing;
use crate::logs::verdict::VerdictBars;
use crate::model::{Severity, Verdict};
use crate::report::{LogNews, NewsKind, Restarts};
use crate::text::human;

/// What stayed away for less has not been gone.
const LEAST_ABSENCE: TimeDelta = TimeDelta::hours(1);
/// Times its mean interval that something must have stayed away.
const ABSENCE_RATIO: i32 = 4;
/// Troubles that are told of one look; the rest is counted.
const MAX_TOLD: usize = 20;

/// Something that is wrong: an incident, or a pattern of warnings.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// What it is known by, whatever else joins it later.
    pub keys: Vec<u64>,
    pub severity: Severity,
    /// Whether its records are real errors.
    pub is_error: bool,
    pub summary: String,
    /// All its records, each once.
    pub count: u64,
    /// Those among them that came since the look before.
    pub arrived: u64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
    /// `path:line` of a record of it, of a new one where there are some.
    pub place: Option<String>,
}

/// What is to be seen at one time.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    pub now: DateTime<Utc>,
    pub troubles: &'a [Trouble],
    pub starts: &'a Restarts,
    /// A crash that no start stands for, in words.
    pub last_crash: Option<&'a str>,
}

/// Remembers what was seen, and tells what is another thing now.
#[derive(Clone, Debug)]
pub struct Lookout {
    standing: Standing,
    verdict: Verdict,
    lives: Lives,
    /// Since when the logs tell anything.
    first_minute: i64,
    seen: Vec<Seen>,
    by_key: HashMap<u64, usize>,
}

/// What is remembered of one trouble.
#[derive(Clone, Debug)]
struct Seen {
    rate: Rate,
    last_at: DateTime<Utc>,
}

impl Lookout {
    /// Takes what is there already, of which nothing is news.
    pub fn begin(
        look: &Look<'_>,
        first_at: Option<DateTime<Utc>>,
        errors_by_minute: Vec<(i64, u64)>,
        bars: VerdictBars,
    ) -> Self {
        let mut lookout = Self {
            standing: Standing::new(bars, errors_by_minute),
            verdict: Verdict::Unknown,
            lives: Lives::default(),
            first_minute: minute_of(first_at.unwrap_or(look.now)),
            seen: Vec::new(),
            by_key: HashMap::new(),
        };
        lookout.lives.news(&look.starts.events);
        for trouble in look.troubles {
            lookout.remember(trouble, look.now);
        }
        lookout.verdict = lookout.judge(look).0;
        lookout
    }

    /// How the last hour stands.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Takes a look, and tells what changed.
    pub fn look(&mut self, look: &Look<'_>) -> Vec<LogNews> {
        let errors = look.troubles.iter().filter(|trouble| trouble.is_error).map(|trouble| trouble.arrived);
        self.standing.take(minute_of(look.now), errors.sum());
        let mut news: Vec<LogNews> = self
            .lives
            .news(&look.starts.events)
            .into_iter()
            .map(|event| {
                let (kind, severity) = kind_of(event);
                let place = Some(format!("{}:{}", event.path, event.line));
                LogNews {
                    kind,
                    severity,
                    summary: summary(event),
                    count: 1,
                    place,
                    at: event.at.unwrap_or(look.now),
                    verdict: self.verdict,
                }
            })
            .collect();
        let mut changed = self.changed(look);
        let more = changed.len().saturating_sub(MAX_TOLD);
        if more > 0 {
            changed.sort_by_key(|news| Reverse((news.severity, news.count)));
            let rest = changed.split_off(MAX_TOLD);
            let count = rest.iter().map(|news| news.count).sum();
            changed.push(LogNews {
                count,
                place: None,
                summary: format!("and {} more", human::count(more as u64)),
                ..rest[0].clone()
            });
        }
        news.extend(changed);
        let (verdict, why) = self.judge(look);
        if verdict != self.verdict {
            let before = std::mem::replace(&mut self.verdict, verdict);
            let summary = format!("{} → {}: {why}", before.word(), verdict.word());
            news.push(LogNews {
                at: look.now,
                kind: NewsKind::Verdict,
                severity: verdict.severity(),
                summary,
                count: 0,
                place: None,
                verdict,
            });
        }
        news.iter_mut().for_each(|news| news.verdict = verdict);
        news
    }

    fn judge(&mut self, look: &Look<'_>) -> (Verdict, String) {
        self.standing.judge(look.now, look.starts, look.last_crash.map(str::to_owned))
    }

    fn changed(&mut self, look: &Look<'_>) -> Vec<LogNews> {
        let mut taken = BTreeSet::new();
        let mut news = Vec::new();
        for trouble in look.troubles {
            let known: BTreeSet<usize> =
                trouble.keys.iter().filter_map(|key| self.by_key.get(key).copied()).collect();
            let Some(&number) = known.iter().find(|number| !taken.contains(*number)) else {
                let number = self.remember(trouble, look.now);
                taken.insert(number);
                // What was part of another one is nothing new.
                if known.is_empty() && trouble.arrived > 0 {
                    news.push(told(trouble, NewsKind::New, look, trouble.summary.clone(), trouble.arrived));
                }
                continue;
            };
            taken.insert(number);
            trouble.keys.iter().for_each(|key| {
                self.by_key.insert(*key, number);
            });
            news.extend(self.seen[number].again(trouble, look, self.first_minute));
        }
        news
    }

    fn remember(&mut self, trouble: &Trouble, now: DateTime<Utc>) -> usize {
        let number = self.seen.len();
        self.seen.push(Seen { rate: Rate::default(), last_at: trouble.last_at.unwrap_or(now).min(now) });
        trouble.keys.iter().for_each(|key| {
            self.by_key.insert(*key, number);
        });
        number
    }
}

impl Seen {
    /// What is to be told of a trouble that is known.
    fn again(&mut self, trouble: &Trouble, look: &Look<'_>, first_minute: i64) -> Option<LogNews> {
        let is_back = trouble.arrived > 0 && look.now - self.last_at >= self.usual_absence(trouble);
        let away = look.now - self.last_at;
        if trouble.arrived > 0 {
            self.last_at = look.now;
        }
        let turn = self.rate.take(minute_of(look.now), trouble.arrived, (first_minute, trouble.count));
        let lately = self.rate.lately();
        match turn {
            _ if is_back => {
                let away = human::duration(away.to_std().unwrap_or_default());
                let summary = format!("back after {away}: {}", trouble.summary);
                Some(told(trouble, NewsKind::Regressed, look, summary, trouble.arrived))
            }
            Some(Turn::Spiking) => {
                let summary = format!("{} {LATELY_IN_WORDS}: {}", human::count(lately), trouble.summary);
                Some(told(trouble, NewsKind::Spiking, look, summary, lately))
            }
            Some(Turn::Steady) => {
                let steady = Trouble { severity: Severity::Ok, ..trouble.clone() };
                Some(told(
                    &steady,
                    NewsKind::Steady,
                    look,
                    format!("as usual again: {}", trouble.summary),
                    lately,
                ))
            }
            None => None,
        }
    }

    /// How long it must have stayed away to be back.
    fn usual_absence(&self, trouble: &Trouble) -> TimeDelta {
        let before = i32::try_from(trouble.count.saturating_sub(trouble.arrived)).unwrap_or(i32::MAX);
        let span = trouble.first_at.map_or(TimeDelta::zero(), |first| self.last_at - first);
        if before < 2 { LEAST_ABSENCE } else { LEAST_ABSENCE.max(span / (before - 1) * ABSENCE_RATIO) }
    }
}

fn told(trouble: &Trouble, kind: NewsKind, look: &Look<'_>, summary: String, count: u64) -> LogNews {
    LogNews {
        // The newest record came just now; its own clock may be another one, or none.
        at: trouble.last_at.filter(|at| trouble.arrived > 0 && *at <= look.now).unwrap_or(look.now),
        kind,
        severity: trouble.severity,
        summary,
        count,
        place: trouble.place.clone(),
        verdict: Verdict::Unknown,
    }
}

fn minute_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Bars;
    use crate::report::RestartEvent;

    const BARS: VerdictBars = VerdictBars {
        errors_per_hour: Bars { warn: 5.0, critical: 20.0 },
        restarts_per_day: Bars { warn: 1.0, critical: 4.0 },
    };

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_445_600 + minute * 60, 0).unwrap()
    }

    fn trouble(key: u64, count: u64, arrived: u64, last: i64) -> Trouble {
        Trouble {
            keys: vec![key],
            severity: Severity::Warning,
            is_error: true,
            summary: format!("trouble {key}"),
            count,
            arrived,
            first_at: Some(minute(0)),
            last_at: Some(minute(last)),
            place: Some(format!("a.log:{count}")),
        }
    }

    fn look<'a>(now: i64, troubles: &'a [Trouble], starts: &'a Restarts) -> Look<'a> {
        Look { now: minute(now), troubles, starts, last_crash: None }
    }

    /// A lookout that has seen two hours with trouble 1 every ten minutes up to the first hour.
    fn lookout() -> Lookout {
        let starts = Restarts::default();
        Lookout::begin(&look(120, &[trouble(1, 7, 0, 60)], &starts), Some(minute(0)), Vec::new(), BARS)
    }

    fn told(lookout: &mut Lookout, now: i64, troubles: &[Trouble]) -> Vec<(NewsKind, String)> {
        let news = lookout.look(&look(now, troubles, &Restarts::default()));
        news.into_iter().map(|news| (news.kind, news.summary)).collect()
    }

    #[test]
    fn what_is_new_is_told_once() {
        let mut lookout = lookout();
        let known = trouble(1, 7, 0, 60);
        assert_eq!(told(&mut lookout, 121, std::slice::from_ref(&known)), []);
        let new = trouble(2, 3, 3, 121);
        assert_eq!(told(&mut lookout, 121, &[known, new.clone()]), [(NewsKind::New, "trouble 2".to_owned())]);
        assert_eq!(told(&mut lookout, 122, &[Trouble { count: 4, arrived: 1, ..new }]), []);
    }

    #[test]
    fn what_joins_a_known_trouble_is_not_new_and_neither_is_what_leaves_it() {
        let mut lookout = lookout();
        let both =
            Trouble { keys: vec![1, 5], arrived: 1, last_at: Some(minute(60)), ..trouble(1, 8, 1, 60) };
        lookout.seen[0].last_at = minute(120);
        assert_eq!(told(&mut lookout, 121, &[both]), []);
        assert_eq!(told(&mut lookout, 122, &[trouble(1, 9, 1, 122), trouble(5, 2, 1, 122)]), []);
    }

    #[test]
    fn what_stayed_away_for_longer_than_usual_is_back() {
        let back = trouble(1, 8, 1, 121);
        let told = told(&mut lookout(), 121, &[back]);
        assert_eq!(told, [(NewsKind::Regressed, "back after 1h 1m: trouble 1".to_owned())]);
    }

    #[test]
    fn what_comes_every_hour_is_not_back_every_hour() {
        let starts = Restarts::default();
        let hourly = trouble(1, 25, 0, 24 * 60);
        let mut lookout = Lookout::begin(&look(1_440, &[hourly], &starts), Some(minute(0)), Vec::new(), BARS);
        assert_eq!(told(&mut lookout, 1_501, &[trouble(1, 26, 1, 1_501)]), []);
    }

    #[test]
    fn the_verdict_is_that_of_the_last_hour_and_heals() {
        let mut lookout = lookout();
        lookout.seen[0].last_at = minute(120);
        let news = told(&mut lookout, 121, &[trouble(1, 27, 20, 121)]);
        let verdicts = |news: &[(NewsKind, String)]| -> Vec<String> {
            news.iter().filter(|(kind, _)| *kind == NewsKind::Verdict).map(|(_, text)| text.clone()).collect()
        };
        assert_eq!(verdicts(&news), ["healthy → critical: 20 real errors in the last hour (red from 20)"]);
        assert_eq!(verdicts(&told(&mut lookout, 180, &[trouble(1, 27, 0, 121)])), [""; 0]);
        let news = told(&mut lookout, 181, &[trouble(1, 27, 0, 121)]);
        assert_eq!(verdicts(&news), ["critical → healthy: 0 real errors in the last hour (yellow from 5)"]);
    }

    #[test]
    fn a_crash_is_told_once_though_its_file_is_renamed() {
        let mut lookout = lookout();
        let crash = |path: &str| Restarts {
            events: vec![RestartEvent {
                at: Some(minute(121)),
                kind: "crash".into(),
                path: path.into(),
                line: 7,
                pid: Some(4),
                downtime_ms: Some(2_000),
                last_words: vec!["KeyError: 'x'".into()],
            }],
            ..Restarts::default()
        };
        let news = lookout.look(&look(121, &[], &crash("a.log")));
        let summary =
            "started (pid 4) without having been stopped, after 2 s of silence; last words: KeyError: 'x'";
        assert_eq!((news[0].kind, news[0].summary.as_str()), (NewsKind::Crash, summary));
        assert_eq!((news[0].place.as_deref(), news[1].kind), (Some("a.log:7"), NewsKind::Verdict));
        assert_eq!(lookout.look(&look(122, &[], &crash("a.log.1"))), []);
    }

    #[test]
    fn a_flood_of_new_troubles_is_cut_and_counted() {
        let flood: Vec<Trouble> = (10..110).map(|key| trouble(key, 1, 1, 121)).collect();
        let news = told(&mut lookout(), 121, &flood);
        let new: Vec<_> = news.iter().filter(|(kind, _)| *kind == NewsKind::New).collect();
        assert_eq!((new.len(), new[20].1.as_str()), (21, "and 80 more"));
    }
}
