//! `fuelops health`: everything measured once, side by side, and one verdict.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::Utc;
use clap::{Args, ValueEnum};

use crate::backup;
use crate::checks::{self, BackupFolder, ErrorCounter, Plan};
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::tools::tools;
use crate::config::{self, Check, CheckKind, Config, Loaded, Origin, Via};
use crate::diagnose::{self, Known};
use crate::model::{Hint, Verdict};
use crate::platform::{self, Termination};
use crate::process::Twins;
use crate::render::{self, HealthDetail};
use crate::report::HealthReport;
use crate::text::{human, shell};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;
const WATCH_PERIOD: &str = "5s";
const MIN_WATCH_PERIOD: Duration = Duration::from_millis(500);

/// Measure everything once, name what is wrong and what to type next
///
/// System, disks, services, ports, endpoints and checks are measured side by side, each with its own deadline. Without a
/// fuelops.toml the usual layout (main.py on :8000, backend.pid, backend.log) is looked for in the current folder.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops health                            the morning look
  fuelops health --target backend -v        one service
  fuelops health --format nagios            as a Nagios plugin
  fuelops health --format prometheus -o /var/lib/node_exporter/fuelops.prom
  fuelops health --fail-on critical         in CI after a deploy

Exit codes: 0 healthy, 1 degraded, 2 critical, 3 unknown.")]
pub struct HealthArgs {
    /// Only this service or check; `system` is the machine itself (repeatable)
    #[arg(long, short, value_name = "NAME")]
    target: Vec<String>,
    /// Measure again and again, at this distance
    #[arg(long, short, value_name = "PERIOD", num_args = 0..=1, default_missing_value = WATCH_PERIOD, value_parser = period)]
    watch: Option<Duration>,
    /// From which verdict on the exit code is not 0
    #[arg(long, value_name = "VERDICT", value_enum, default_value_t)]
    fail_on: FailOn,
}

/// Reads how long to wait between two looks; without a pause, they would be what keeps the machine busy.
fn period(text: &str) -> Result<Duration, String> {
    let period = human::parse_duration(text).map_err(|error| error.to_string())?;
    if period < MIN_WATCH_PERIOD {
        return Err(format!("too short; {} is the least", human::duration_exact(MIN_WATCH_PERIOD)));
    }
    Ok(period)
}

/// The mildest verdict that still makes the command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Anything but healthy
    #[default]
    Degraded,
    /// Critical or unknown
    Critical,
    /// Nothing: the report is the result
    Never,
}

/// Measures, reports, and ends with the verdict.
///
/// # Errors
/// When the config cannot be used, a target is not known, or the result cannot be written.
pub fn run(args: &HealthArgs, context: &Context) -> Result<Exit> {
    if args.watch.is_some() && !context.global.send.is_empty() {
        return Err(UsageError("--watch never ends, so that --send would never send".to_owned()).into());
    }
    end_with_what_was_started(context.ui.format)?;
    let loaded = context.config()?;
    let plan = plan(&loaded.config).select(&args.target).map_err(|e| UsageError(e.to_string()))?;
    let Some(period) = args.watch else {
        let report = measure(&loaded, &plan)?;
        show(&report, context)?;
        return Ok(args.fail_on.exit(report.verdict));
    };
    loop {
        let report = measure(&loaded, &plan)?;
        context.ui.clear_screen()?;
        show(&report, context)?;
        std::thread::sleep(period);
    }
}

/// Makes a signal that ends us end the programs of `command` checks, too; the exit code says which signal it was.
fn end_with_what_was_started(format: Format) -> Result<()> {
    let termination = Termination::hold_back()?;
    std::thread::spawn(move || {
        let Ok(signal) = termination.wait() else { return };
        platform::kill_live_groups();
        let exit = Exit::Signal(u8::try_from(signal as i32).unwrap_or(0));
        std::process::exit(i32::from(if format == Format::Nagios {
            exit.plugin_code()
        } else {
            exit.code()
        }));
    });
    Ok(())
}

/// What a config asks to be measured.
pub(super) fn plan(config: &Config) -> Plan {
    Plan {
        root: config.root.clone(),
        folders: vec![config.root.clone(), config.logs.report_dir.clone(), config.backup.dir.clone()],
        thresholds: config.thresholds.clone(),
        services: config.services.clone(),
        twins: Twins::among(&config.services),
        checks: config.checks.clone(),
        logs: config.logs.paths.clone(),
        error_store: config.errors.store.file().map(Path::to_owned),
        counter: ErrorCounter::of_records(config.logs.rules.clone(), config.logs.timezone),
        run_as: config.run_as,
        backups: backups(config),
        judges_system: true,
    }
}

/// Where backups stand, and of what there should be some.
fn backups(config: &Config) -> BackupFolder {
    BackupFolder {
        dir: config.backup.dir.clone(),
        state_dir: config.state_dir.clone(),
        origins: backup::origins(&config.backup, &config.checks, &config.root),
    }
}

/// Runs every probe and reads the findings together.
pub(super) fn measure(loaded: &Loaded, plan: &Plan) -> Result<HealthReport> {
    let begun = Instant::now();
    let measured = checks::run(plan, Utc::now())?;
    let evidence = checks::gather(plan, &measured.findings, Utc::now());
    let known = Known { services: &plan.services, checks: &plan.checks, evidence: &evidence, tools: tools() };
    let mut findings = diagnose::read(measured.findings, &known);
    findings.iter_mut().filter_map(|f| f.hint.as_mut()).for_each(|hint| keep_config(hint, &loaded.origin));
    let elapsed = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let config = &loaded.config;
    let mut report = HealthReport::new(config.name.clone(), findings, measured.system, elapsed);
    report.notes.extend(measured.notes);
    if config.services.is_empty() && config.checks.is_empty() {
        report.verdict = Verdict::Unknown;
        report.notes.push(nothing_to_watch(&loaded.origin));
    } else if plan.judges_system && plan.checks.len() == config.checks.len() && leaves_backend_out(config) {
        if matches!(report.verdict, Verdict::Healthy) {
            report.verdict = Verdict::Unknown;
        }
        report.notes.push(format!(
            "a backend lies in {}, and no [[service]] names it, so whether it runs was not looked at; next: fuelops \
             config check",
            config.root.display()
        ));
    }
    Ok(report)
}

/// Whether a backend lies where the config does, and nothing of the config looks at one.
fn leaves_backend_out(config: &Config) -> bool {
    let is_of_a_backend = |check: &Check| {
        use CheckKind::{Http, Launchd, Process, Systemd};
        matches!(check.kind, Http(_) | Launchd(_) | Process(_) | Systemd(_))
    };
    config.services.is_empty()
        && !config.checks.iter().any(is_of_a_backend)
        && config::has_backend(&config.root)
}

/// A config that was named on the command line has to be named in suggested commands, too.
fn keep_config(hint: &mut Hint, origin: &Origin) {
    let Origin::File { path, via: Via::Option } = origin else { return };
    let Some(command) = hint.command.as_deref() else { return };
    for program in ["fuelops ", "sudo fuelops "] {
        if let Some(rest) = command.strip_prefix(program) {
            let path = path.to_string_lossy();
            hint.command = Some(format!("{program}--config {} {rest}", shell::quote(&path)));
            return;
        }
    }
}

fn nothing_to_watch(origin: &Origin) -> String {
    match origin {
        Origin::File { path, .. } => format!(
            "{} names no service and no check, so only the machine was looked at: fill in what stands there as a \
            comment, or add a [[service]] or a [[check]]",
            path.display()
        ),
        Origin::BuiltIn { .. } => {
            "no fuelops.toml and no backend in this folder: only the machine was looked at; go to \
            the backend's folder or write a fuelops.toml"
                .to_owned()
        }
    }
}

fn show(report: &HealthReport, context: &Context) -> Result<()> {
    let ui = &context.ui;
    if ui.quiet && report.verdict == Verdict::Healthy && ui.format == Format::Table {
        return Ok(());
    }
    if matches!(ui.format, Format::Nagios | Format::Prometheus) {
        ui.keep("health", SCHEMA, report, || render::health(report, HealthDetail::Everything))?;
    }
    match ui.format {
        Format::Nagios => ui.result(render::nagios(report).as_bytes()),
        Format::Prometheus => ui.result(render::prometheus(report, Utc::now()).as_bytes()),
        _ => {
            let detail = if ui.quiet { HealthDetail::Problems } else { HealthDetail::Everything };
            ui.report("health", SCHEMA, report, || render::health(report, detail))
        }
    }
}

impl FailOn {
    fn exit(self, verdict: Verdict) -> Exit {
        match (self, verdict) {
            (Self::Never, _) | (Self::Critical, Verdict::Degraded) => Exit::Done,
            (_, verdict) => Exit::Verdict(verdict),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watching_without_a_pause_is_refused() {
        assert_eq!(period("0s").unwrap_err(), "too short; 500ms is the least");
        assert_eq!(period("500ms"), Ok(MIN_WATCH_PERIOD));
        assert!(period("soon").unwrap_err().contains("soon"));
    }

    #[test]
    fn config_of_the_command_line_stays_in_hints() {
        let origin = Origin::File { path: "/x/a b.toml".into(), via: Via::Option };
        for (command, expected) in [
            ("fuelops recover", "fuelops --config '/x/a b.toml' recover"),
            ("sudo fuelops health --target a", "sudo fuelops --config '/x/a b.toml' health --target a"),
            ("tail fuelops", "tail fuelops"),
        ] {
            let mut hint = Hint { text: String::new(), command: Some(command.to_owned()) };
            keep_config(&mut hint, &origin);
            assert_eq!(hint.command.as_deref(), Some(expected));
        }
    }
}
