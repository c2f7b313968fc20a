//! `--emit-state FILE` and `--merge FILE…`: what was counted here, for another run; what others counted, together.

use std::path::Path;

use anyhow::Result;

use crate::cli::commands::analyze_logs::reading::{Reading, input_problem};
use crate::cli::exit::UsageError;
use crate::logs::input::{Problem, Source};
use crate::logs::state::{ContentMeter, Entry, State, StateError, Writer, merge};
use crate::logs::{Analysis, AnalysisOptions, Combiner, count_apart};
use crate::platform;
use crate::report::InputProblem;

/// Analyses the sources one by one, and keeps what was counted in each.
pub(super) fn emit(
    path: &Path,
    sources: &[Source],
    options: &AnalysisOptions<'_>,
    problems: &[Problem],
) -> Result<Analysis> {
    let host = platform::host_name();
    let mut writer = Writer::new(path, options.rules.fingerprint(), sources.len(), problems)?;
    let mut combiner = Combiner::new(sources);
    for source in sources {
        let mut meter = ContentMeter::default();
        // What cannot be read is told with the counts.
        let counted = count_apart(source, &mut |bytes| meter.take(bytes), options);
        let entry = Entry {
            host: host.clone(),
            name: source.name.clone(),
            series: source.series.clone(),
            counted,
            content: meter.finish(),
        };
        writer.add(&entry)?;
        combiner.add(entry.counted);
    }
    writer.finish()?;
    Ok(combiner.finish())
}

/// Puts together what was counted elsewhere; where asked to, keeps that as well.
pub(super) fn merged<'p>(
    paths: impl IntoIterator<Item = &'p Path>,
    emit: Option<&Path>,
    reading: &Reading<'_>,
) -> Result<(Vec<Source>, Analysis, Vec<InputProblem>)> {
    let rules = reading.rules.fingerprint();
    let states: Result<Vec<State>, StateError> =
        paths.into_iter().map(|path| State::read(path, rules)).collect();
    let merged = states.and_then(merge).map_err(|error| match error {
        StateError::Unreadable { .. } => error.into(),
        StateError::Overlap { .. } | StateError::OtherRules { .. } => {
            anyhow::Error::from(UsageError(error.to_string()))
        }
    })?;
    if let Some(path) = emit {
        let mut writer = Writer::new(path, rules, merged.entries.len(), &merged.problems)?;
        merged.entries.iter().try_for_each(|entry| writer.add(entry))?;
        writer.finish()?;
    }
    let problems = merged.problems.iter().map(input_problem).collect();
    let (sources, analysis) = merged.into_analysis();
    Ok((sources, analysis, problems))
}
