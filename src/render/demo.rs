//! The view of the demo: scene by scene, and what to type next.

use std::time::Duration;

use chrono::TimeZone;

use crate::model::Severity;
use crate::render::{
    Block, Document, ErrorView, HealthDetail, Role, Text, error_list, health, monitor_why, recover,
};
use crate::report::{
    Aftermath, DemoReport, MonitorWhyReport, Outcome, RecoverReport, SceneReport, WatchedCrash,
};
use crate::text::human;

/// One scene: what happened, what `health` says, and whether that is right.
pub fn demo_scene(scene: &SceneReport, number: usize) -> Document {
    let mut document = Document::new(scene.title.clone());
    document.push(Block::Heading(format!("{number}. {}", scene.title)));
    document.push(typed("fuelops health"));
    let detail = if scene.expected.is_none() { HealthDetail::Everything } else { HealthDetail::Problems };
    document.blocks.extend(health(&scene.health, detail).blocks);
    document.push(Block::Paragraph(outcome(scene)));
    document
}

/// What the logs of the tour tell, in a few lines of each command.
pub fn demo_aftermath<Z: TimeZone>(aftermath: &Aftermath, view: &ErrorView<Z>) -> Document
where
    Z::Offset: std::fmt::Display,
{
    let mut document = Document::new("What the tour left in the log");
    document.push(Block::Heading("What the tour left in the log".to_owned()));
    document.push(typed("fuelops analyze-logs"));
    let mut lines: Vec<Text> = aftermath.reasons.iter().map(|reason| reason.clone().into()).collect();
    lines.extend(aftermath.exceptions.iter().map(|exception| {
        let place = exception.location.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
        Text::from(format!("{} × ", human::count(exception.count)))
            .and(Role::Strong, exception.r#type.clone())
            .plain(place)
    }));
    document.push(Block::List(lines));
    document.push(typed("fuelops track-errors ingest-logs && fuelops track-errors list"));
    document.blocks.extend(error_list(&aftermath.issues, view).blocks);
    document
}

/// A scene more: the backend dies, and a recovery brings it back.
pub fn demo_recovery(recovery: &RecoverReport) -> Document {
    let mut document = Document::new("The backend dies again, and comes back");
    document.push(Block::Heading("The backend dies again, and comes back".to_owned()));
    document.push(typed("fuelops recover --yes"));
    document.blocks.extend(recover(recovery).blocks);
    document
}

/// The last scene: the backend is killed, and a monitor answers.
pub fn demo_watched(crash: &WatchedCrash) -> Document {
    let title = "The backend is killed, and a monitor watches";
    let mut document = Document::new(title);
    document.push(Block::Heading(title.to_owned()));
    document.push(typed("fuelops monitor &"));
    document.push(typed(&format!("kill -9 {}", crash.killed_pid)));
    document.push(Block::Paragraph(answer(crash)));
    document.push(typed("fuelops monitor why backend"));
    let why = MonitorWhyReport { target: "backend".to_owned(), entries: crash.decisions.clone() };
    document.blocks.extend(monitor_why(&why).blocks);
    document.push(typed("jq -r .subject alerts.jsonl"));
    document.push(Block::List(crash.alerts.iter().map(|alert| alert.subject.clone().into()).collect()));
    document
}

fn answer(crash: &WatchedCrash) -> Text {
    let severity = if crash.is_answered() { Severity::Ok } else { Severity::Critical };
    let text = Text::of(Role::Severity(severity), severity.mark()).plain(" ");
    let (Some(pid), Some(took)) = (crash.pid, crash.answered_ms) else {
        return text.plain("Nobody answers in its place.");
    };
    let took = human::duration(Duration::from_millis(took));
    text.plain(format!("Process {pid} answers in its place after ")).and(Role::Strong, took).plain(".")
}

fn typed(command: &str) -> Block {
    Block::Paragraph(Text::of(Role::Dim, "$ ").and(Role::Command, command))
}

/// The last words: the score, and what to type next.
pub fn demo_ending(report: &DemoReport, next: &[(String, String)]) -> Document {
    let mut document = Document::new("fuelops demo");
    document.push(Block::Headline { severity: report.verdict.severity(), text: score(report) });
    if !next.is_empty() {
        document.push(Block::Heading("What to type next".to_owned()));
    }
    for (text, command) in next {
        document.push(Block::Command { text: text.clone(), command: command.clone() });
    }
    document
}

/// The whole tour as one document.
pub fn demo<Z: TimeZone>(report: &DemoReport, view: &ErrorView<Z>, next: &[(String, String)]) -> Document
where
    Z::Offset: std::fmt::Display,
{
    let mut document = Document::new("fuelops demo");
    for (index, scene) in report.scenes.iter().enumerate() {
        document.blocks.extend(demo_scene(scene, index + 1).blocks);
    }
    document.blocks.extend(demo_aftermath(&report.aftermath, view).blocks);
    document.blocks.extend(demo_recovery(&report.recovery).blocks);
    document.blocks.extend(demo_watched(&report.watched).blocks);
    document.blocks.extend(demo_ending(report, next).blocks);
    document
}

fn outcome(scene: &SceneReport) -> Text {
    let severity = if scene.found { Severity::Ok } else { Severity::Critical };
    let text = Text::of(Role::Severity(severity), severity.mark()).plain(" ");
    let cause = scene.expected.map_or("nothing wrong", |cause| cause.word());
    if scene.found {
        return text.plain("Found: ").and(Role::Strong, cause).plain(". ").plain(scene.explanation.clone());
    }
    let named: Vec<_> = scene.named_causes().into_iter().map(|cause| cause.word()).collect();
    let named = if named.is_empty() { "no cause".to_owned() } else { named.join(", ") };
    text.plain("Not found: expected ").and(Role::Strong, cause).plain(format!(", got {named}."))
}

fn score(report: &DemoReport) -> Text {
    let faults = report.scenes.iter().filter(|scene| scene.expected.is_some());
    let (found, all) = faults.fold((0, 0), |(found, all), scene| (found + usize::from(scene.found), all + 1));
    let elapsed = human::duration(Duration::from_millis(report.elapsed_ms));
    let back = match report.recovery.outcome {
        Outcome::Recovered => ", and recovered",
        _ => ", and not recovered",
    };
    let mut text = Text::of(Role::Strong, format!("{found} of {all} faults found{back}"));
    text = match report.watched.answered_ms.filter(|_| report.watched.is_answered()) {
        Some(took) => text
            .plain(format!("; a crash was answered after {}", human::duration(Duration::from_millis(took)))),
        None => text.plain("; a crash was not answered as it should"),
    };
    text = text.plain(format!("; the tour took {elapsed}"));
    let missed: Vec<_> = report.missed().map(|scene| scene.name.as_str()).collect();
    if !missed.is_empty() {
        text = text.plain("; missed: ").and(Role::Strong, missed.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::model::{Cause, Finding, Verdict};
    use crate::render::recover::tests::report as recovered;
    use crate::render::{Glyphs, TerminalStyle, terminal};
    use crate::report::{HealthReport, SystemSummary, ToldAlert};

    fn scene(name: &str, expected: Option<Cause>, got: Option<Cause>) -> SceneReport {
        let mut finding = Finding::new("service.backend.http", "backend", Severity::Critical, "no answer");
        finding.cause = got;
        let health = HealthReport::new("demo".into(), vec![finding], SystemSummary::default(), 5);
        SceneReport {
            name: name.into(),
            title: "The backend hangs".into(),
            expected,
            found: expected == got,
            explanation: "TCP accepts.".into(),
            health,
        }
    }

    fn show(document: &Document) -> String {
        terminal(document, &TerminalStyle { width: 100, color: false, glyphs: Glyphs::Unicode })
    }

    #[test]
    fn a_missed_fault_is_named_with_what_was_found_instead() {
        let scenes = vec![
            scene("hang", Some(Cause::ProcessHung), Some(Cause::ProcessHung)),
            scene("kill", Some(Cause::ProcessDown), Some(Cause::PortTaken)),
        ];
        let watched = WatchedCrash {
            killed_pid: 7,
            pid: Some(9),
            answered_ms: Some(24),
            alerts: [("opened", "critical: backend"), ("resolved", "resolved: backend")]
                .map(|(kind, subject)| ToldAlert { kind: kind.into(), subject: subject.into() })
                .into(),
            ..WatchedCrash::default()
        };
        let report = DemoReport::new(scenes, Aftermath::default(), recovered(), watched, 1200);
        assert_eq!(report.verdict, Verdict::Critical);
        let view = ErrorView { top: 5, program: "fuelops".into(), zone: Utc, now: Utc::now() };
        let text = show(&demo(&report, &view, &[("Your own backend".into(), "fuelops health".into())]));
        assert!(text.contains("Found: process-hung. TCP accepts."), "{text}");
        assert!(text.contains("expected process-down, got port-taken"), "{text}");
        assert!(text.contains("Process 9 answers in its place after 24 ms."), "{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        let score = "1 of 2 faults found, and recovered; a crash was answered after 24 ms; the tour took 1.2 s; \
                     missed: kill";
        assert!(words.join(" ").contains(score), "{text}");
        assert!(text.trim_end().ends_with("fuelops health"), "{text}");
    }
}
