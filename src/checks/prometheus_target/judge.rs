//! What a target's state means. Pure.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::checks::Subject;
use crate::checks::http::{self, Answer};
use crate::checks::prometheus_target::TargetObservation;
use crate::checks::prometheus_target::api::{Target, Targets};
use crate::config::PrometheusTargetCheck;
use crate::model::{Cause, Finding, Severity};
use crate::text::{human, redact, shell, suggest};

/// A target that was last looked at so many intervals ago is no longer watched.
const STALE_INTERVALS: u32 = 3;
/// The interval of a server that does not tell it.
const USUAL_INTERVAL: Duration = Duration::from_secs(60);
/// Targets that are told one by one.
const SHOWN: usize = 20;

/// Judges a prometheus-target check.
pub(in crate::checks) fn judge(
    subject: &Subject,
    check: &PrometheusTargetCheck,
    timeout: Duration,
    seen: &TargetObservation,
    now: DateTime<Utc>,
) -> Finding {
    let finding = match (&seen.http.outcome, &seen.targets) {
        (Err(_), _) => return http::judge_unanswered(subject, &seen.http, timeout, now.timestamp()),
        (Ok(answer), Ok(targets)) if answer.status == 200 => of_targets(subject, check, targets, now),
        (Ok(answer), targets) => no_api(subject, answer, targets.as_ref().err(), &seen.http.url),
    };
    http::with_measures(finding, &seen.http)
}

/// Somebody answers, and it is not the targets API.
fn no_api(subject: &Subject, answer: &Answer, what: Option<&String>, url: &str) -> Finding {
    let what = what.map_or("something else", String::as_str);
    let words = match answer.status {
        503 => "answers 503: Prometheus is not ready yet".to_owned(),
        200 => format!("answers {what} where the targets API of Prometheus should be"),
        status => format!("answers {status} with {what} where the targets API of Prometheus should be"),
    };
    let command = (!url.contains(redact::MASK)).then(|| format!("curl -sSi -m 10 {}", shell::quote(url)));
    subject
        .finding(Severity::Critical, words)
        .because(Cause::BadResponse)
        .hint("see who answers there; the check's url is that of the Prometheus server", command)
        .with("status", answer.status)
}

fn of_targets(
    subject: &Subject,
    check: &PrometheusTargetCheck,
    targets: &Targets,
    now: DateTime<Utc>,
) -> Finding {
    let is_wanted =
        |target: &&Target| check.instance.as_ref().is_none_or(|wanted| *wanted == target.instance);
    let wanted: Vec<&Target> = targets.of_job.iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        let words = unknown_target(check, targets);
        let text = "add it to scrape_configs, or correct job and instance in the check";
        return subject.finding(Severity::Critical, words).because(Cause::TargetDown).hint(text, None);
    }
    let judged: Vec<_> = wanted.iter().map(|target| (*target, state(target, now))).collect();
    let worst = judged.iter().map(|(_, (severity, _))| *severity).max().unwrap_or(Severity::Unknown);
    let bad: Vec<_> = judged.iter().filter(|(_, (severity, _))| *severity == worst).collect();
    let words = match (judged.as_slice(), worst) {
        ([(target, (_, words))], _) => format!("{} {words}", target.instance),
        (all, Severity::Ok) => format!("all {} targets of job {} are up", all.len(), check.job),
        (all, _) => {
            let (target, (_, words)) = bad[0];
            let rest = judged.len() - bad.len();
            let others = match bad.len() - 1 {
                0 => String::new(),
                n => format!(", and {}", human::plural(n as u64, "other")),
            };
            format!(
                "{rest} of {} targets of job {} are up; {} {words}{others}",
                all.len(),
                check.job,
                target.instance
            )
        }
    };
    let mut finding = subject.finding(worst, words);
    if worst > Severity::Ok {
        finding.cause = (worst == Severity::Critical).then_some(Cause::TargetDown);
        // A target's url is whatever the server says, secrets in its parameters included.
        let url = redact::secrets(&bad[0].0.url);
        let command = (!url.contains(redact::MASK))
            .then(|| format!("curl -sS -m 10 {} | head -n 20", shell::quote(&url)));
        finding = finding.hint("ask the target itself, as Prometheus does", command);
    }
    finding.with("job", check.job.clone()).with("targets", shown(&wanted))
}

fn unknown_target(check: &PrometheusTargetCheck, targets: &Targets) -> String {
    if targets.of_job.is_empty() {
        let near = suggest::did_you_mean(&check.job, targets.jobs.iter().map(String::as_str));
        let known = match targets.jobs.as_slice() {
            [] => "it has no targets at all".to_owned(),
            jobs => format!("there is {}", listed(jobs.iter().map(String::as_str))),
        };
        return format!("Prometheus knows no target of job \"{}\"{near}; {known}", check.job);
    }
    let instance = check.instance.as_deref().unwrap_or("");
    let instances = || targets.of_job.iter().map(|target| target.instance.as_str());
    let near = suggest::did_you_mean(instance, instances());
    format!("job {} has no instance \"{instance}\"{near}; there is {}", check.job, listed(instances()))
}

fn state(target: &Target, now: DateTime<Utc>) -> (Severity, String) {
    let Some(at) = target.last_scrape else {
        return (Severity::Warning, "has not been looked at yet".to_owned());
    };
    let age = (now - at).to_std().unwrap_or_default();
    let ago = match age.as_secs() {
        0 => "just now".to_owned(),
        seconds => format!("{} ago", human::duration(Duration::from_secs(seconds))),
    };
    let error: String = redact::secrets(&target.last_error).chars().take(200).collect();
    match target.health.as_str() {
        "up" if age >= target.interval.unwrap_or(USUAL_INTERVAL) * STALE_INTERVALS => {
            (Severity::Critical, format!("was up, but was last looked at {ago}"))
        }
        "up" => (Severity::Ok, format!("is up, looked at {ago}")),
        "down" => (Severity::Critical, format!("is down: {error}")),
        other => (Severity::Warning, format!("is {other}")),
    }
}

fn shown(targets: &[&Target]) -> Vec<serde_json::Value> {
    let of = |target: &&Target| {
        json!({
            "instance": target.instance,
            "url": redact::secrets(&target.url),
            "health": target.health,
            "last_error": redact::secrets(&target.last_error),
            "last_scrape_at": target.last_scrape.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)),
        })
    };
    targets.iter().take(SHOWN).map(of).collect()
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.take(SHOWN + 1).collect();
    let dots = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{dots}", names[..names.len().min(SHOWN)].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Url;

    fn target(instance: &str, health: &str, seconds_ago: i64) -> Target {
        Target {
            instance: instance.to_owned(),
            url: format!("http://{instance}/metrics"),
            health: health.to_owned(),
            last_error: if health == "down" { "connection refused".into() } else { String::new() },
            last_scrape: DateTime::from_timestamp(1_000_000 - seconds_ago, 0),
            interval: Some(Duration::from_secs(15)),
        }
    }

    fn judged(job: &str, instance: Option<&str>, of_job: Vec<Target>) -> Finding {
        let url = Url::literal("http://h:9090").unwrap();
        let check = PrometheusTargetCheck { url, job: job.into(), instance: instance.map(str::to_owned) };
        let targets = Targets { of_job, jobs: vec!["node".into(), "backend".into()] };
        of_targets(&Subject::check("t"), &check, &targets, DateTime::from_timestamp(1_000_000, 0).unwrap())
    }

    #[test]
    fn worst_target_is_told_by_name() {
        let up = || target("a:1", "up", 3);
        assert_eq!(judged("node", None, vec![up()]).summary, "a:1 is up, looked at 3 s ago");
        let mixed = judged("node", None, vec![up(), target("b:1", "down", 3)]);
        assert_eq!(mixed.summary, "1 of 2 targets of job node are up; b:1 is down: connection refused");
        assert_eq!((mixed.severity, mixed.cause), (Severity::Critical, Some(Cause::TargetDown)));
        assert!(mixed.hint.unwrap().command.unwrap().contains("http://b:1/metrics"));
        let stale = judged("node", Some("a:1"), vec![target("a:1", "up", 45), target("b:1", "down", 3)]);
        assert_eq!(stale.summary, "a:1 was up, but was last looked at 45 s ago");
        let new = judged("node", None, vec![Target { last_scrape: None, ..target("a:1", "unknown", 0) }]);
        assert_eq!(new.severity, Severity::Warning);
    }

    #[test]
    fn secret_in_a_targets_url_stays_there() {
        let url = "http://a:1/metrics?token=hunter2".to_owned();
        let finding = judged("node", None, vec![Target { url, ..target("a:1", "down", 3) }]);
        assert_eq!(finding.hint.as_ref().unwrap().command, None);
        let json = serde_json::to_string(&finding).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
    }

    #[test]
    fn unknown_targets_give_near_misses() {
        let job = judged("nodes", None, Vec::new());
        assert!(job.summary.contains("(did you mean \"node\"?); there is node, backend"), "{}", job.summary);
        let instance = judged("node", Some("a:2"), vec![target("a:1", "up", 3)]);
        assert!(
            instance.summary.contains("no instance \"a:2\" (did you mean \"a:1\"?)"),
            "{}",
            instance.summary
        );
        assert_eq!(instance.cause, Some(Cause::TargetDown));
    }
}
