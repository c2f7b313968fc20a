//! `fuelops demo`: a sample backend, broken in several ways, found each time, brought back, and watched.

mod scenes;
mod watched;

use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result};
use chrono::{Local, Utc};
use clap::Args;

use crate::cli::args::{Format, Global};
use crate::cli::commands::{analyze_logs, health, track_errors};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::ui::Ui;
use crate::config::Loaded;
use crate::demo::{Curtain, Keep, Role, Sample, Stage};
use crate::model::Verdict;
use crate::platform::Termination;
use crate::render::{self, Document, ErrorView};
use crate::report::{Aftermath, DemoReport, RecoverReport, SceneReport};
use crate::text::shell;
use scenes::{SCENES, Scene};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;

/// Break a sample backend in several ways, find out each time, and bring it back
///
/// Starts a small backend out of this very program, in a private temporary folder and on a free port of 127.0.0.1,
/// breaks it, shows what `fuelops health` says, has a real `fuelops recover` bring it back, and kills it once more while
/// `fuelops monitor` watches. Everything is gone afterwards. Needs nothing and touches nothing else.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code 0 if every fault was found with its cause and the backend came back each time, else 2.\nExample: fuelops demo --keep"
)]
pub struct DemoArgs {
    /// Keep the temporary folder, with config and logs, for a look of your own
    #[arg(long)]
    keep: bool,
}

/// Plays the tour.
///
/// # Errors
/// When the sample backend cannot be started or broken, or the result cannot be written.
pub fn run(args: &DemoArgs, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    if matches!(ui.format, Format::Nagios | Format::Prometheus) {
        return Err(UsageError("`demo` is no check; use table, json, markdown or html".to_owned()).into());
    }
    let start = Instant::now();
    let termination = Termination::hold_back().context("cannot prepare for Ctrl-C")?;
    let program = std::env::current_exe().context("cannot tell where this program lies")?;
    let keep = if args.keep { Keep::Folder } else { Keep::Nothing };
    let stage = Stage::raise(&program, keep)?;
    end_on_request(termination, stage.curtain());
    let staged = staged(&stage, context);
    let loaded = staged.config()?;
    let is_live = ui.format == Format::Table && context.global.output.is_none();
    let mut scenes = Vec::new();
    for (index, scene) in SCENES.iter().enumerate() {
        if index > 0 {
            stage.restore()?;
        }
        let played = play(scene, &stage, &loaded)?;
        if is_live && !(ui.quiet && played.found) {
            show(&render::demo_scene(&played, index + 1), ui)?;
        }
        scenes.push(played);
    }
    let aftermath = aftermath(&staged)?;
    if is_live && !ui.quiet {
        show(&render::demo_aftermath(&aftermath, &view()), ui)?;
    }
    let recovery = recovery(&stage)?;
    if is_live && !ui.quiet {
        show(&render::demo_recovery(&recovery), ui)?;
    }
    let watched = watched::watched(&stage, &loaded.config.state_dir)?;
    if is_live && !ui.quiet {
        show(&render::demo_watched(&watched), ui)?;
    }
    let next = next(&program, &stage, keep);
    drop(stage);
    let elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let report = DemoReport::new(scenes, aftermath, recovery, watched, elapsed_ms);
    let is_news = !ui.quiet || report.verdict != Verdict::Healthy;
    if is_live && is_news {
        show(&render::demo_ending(&report, &next), ui)?;
    } else if !is_live {
        ui.report("demo", SCHEMA, &report, || render::demo(&report, &view(), &next))?;
    }
    Ok(Exit::Verdict(report.verdict))
}

fn play(scene: &Scene, stage: &Stage, loaded: &Loaded) -> Result<SceneReport> {
    (scene.act)(stage).with_context(|| format!("cannot play the scene `{}`", scene.name))?;
    let health = health::measure(loaded, &health::plan(&loaded.config))?;
    Ok(SceneReport {
        name: scene.name.to_owned(),
        title: scene.title.to_owned(),
        expected: scene.expected,
        found: scene.is_found_in(&health),
        explanation: scene.explanation.to_owned(),
        health,
    })
}

/// A crash, and the command that brings the backend back.
fn recovery(stage: &Stage) -> Result<RecoverReport> {
    stage.restore()?;
    let told = stage.recover()?;
    // Its commands are those that somebody would type in the folder.
    let mut report: RecoverReport =
        serde_json::from_slice(&told).context("the recovery did not tell how it went")?;
    report.next.clear();
    Ok(report)
}

/// What a command on the stage stands on.
fn staged(stage: &Stage, context: &Context) -> Context {
    let global = Global { config: Some(stage.config()), quiet: true, ..context.global.clone() };
    Context::new(global, context.environment.clone())
}

/// What the tour left in its log.
fn aftermath(staged: &Context) -> Result<Aftermath> {
    let analysis = analyze_logs::analysis(staged).context("cannot analyze the log of the tour")?;
    let issues = track_errors::issues_of_logs(staged).context("cannot keep the errors of the tour")?;
    Ok(Aftermath { reasons: analysis.reasons, exceptions: analysis.exceptions, issues })
}

/// All rows, and the commands as somebody would type them in the folder.
fn view() -> ErrorView<Local> {
    ErrorView { top: usize::MAX, program: "fuelops".to_owned(), zone: Local, now: Utc::now() }
}

/// Shows a part as soon as it is there; the whole takes seconds.
fn show(part: &Document, ui: &Ui) -> Result<()> {
    ui.result((render::terminal(part, ui.style()) + "\n").as_bytes())
}

/// Clears everything away when the tour is interrupted, whatever it is doing at that moment.
fn end_on_request(termination: Termination, curtain: Curtain) {
    thread::spawn(move || {
        if let Ok(signal) = termination.wait() {
            let _darkness = curtain.fall();
            let number = u8::try_from(signal as i32).unwrap_or_default();
            std::process::exit(Exit::Signal(number).code().into());
        }
    });
}

/// What to type after the tour.
fn next(program: &Path, stage: &Stage, keep: Keep) -> Vec<(String, String)> {
    let mut next = Vec::new();
    if keep == Keep::Folder {
        let root = stage.root().to_string_lossy();
        let mut start = vec![program.to_string_lossy().into_owned()];
        let folder = stage.root().to_owned();
        start.extend(Sample { port: stage.port(), folder, role: Role::Backend, ends_with: None }.words());
        let look = format!("cd {} && ls && tail backend.log", shell::quote(&root));
        next.push(("The folder is kept; remove it when you have seen enough".to_owned(), look));
        let again = format!("{} >> backend.log 2>&1 &", shell::command(start));
        next.push((
            "There, start the sample backend; `echo hang > fault` breaks it, `rm fault` mends it".to_owned(),
            again,
        ));
    }
    next.push(("In the folder of your own backend".to_owned(), "fuelops health".to_owned()));
    next.push(("Have it watched around the clock".to_owned(), "fuelops monitor".to_owned()));
    next.push(("What a config can say".to_owned(), "fuelops config schema".to_owned()));
    next
}
