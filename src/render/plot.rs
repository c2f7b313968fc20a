//! Plots: rows of block characters for a terminal, inline SVG for HTML.

use std::fmt::Write;

use crate::model::Severity;
use crate::render::{Plot, Role, Text};
use crate::text::{human, markup};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const NAME_COLUMNS: usize = 12;
/// Indentation, and `  peak 1,234 at 2026-01-01 10:00`.
const PEAK_COLUMNS: usize = 38;

/// Draws each series as one row of bars, with its peak, over a common time axis.
pub(crate) fn terminal(plot: &Plot, columns: usize) -> Vec<Text> {
    let room = columns.saturating_sub(NAME_COLUMNS + PEAK_COLUMNS).clamp(10, 120);
    let mut lines = vec![Text::of(Role::Strong, plot.title.clone())];
    for series in &plot.series {
        let values = squeeze(&series.values, room);
        let peak = series.values.iter().copied().fold(0.0, f64::max);
        let at = series.values.iter().position(|v| (*v - peak).abs() < f64::EPSILON).unwrap_or(0);
        let mut line =
            Text::new().plain(format!("{:NAME_COLUMNS$}", series.name)).and(series.role, bars(&values));
        if peak > 0.0 {
            let label = plot.labels.get(at).map_or("", String::as_str);
            line = line.and(Role::Dim, format!("  peak {} at {label}", number(peak)));
        }
        lines.push(line);
    }
    if let (Some(first), Some(last)) = (plot.labels.first(), plot.labels.last()) {
        let bars = plot.labels.len().min(room);
        let gap = bars.saturating_sub(first.chars().count() + last.chars().count()).max(1);
        let axis = format!("{:NAME_COLUMNS$}{first}{:gap$}{last}", "", "");
        lines.push(Text::of(Role::Dim, axis));
    }
    lines
}

/// One row of bars, from empty to full height.
fn bars(values: &[f64]) -> String {
    let top = values.iter().copied().fold(0.0, f64::max);
    values
        .iter()
        .map(|v| {
            if *v <= 0.0 || top <= 0.0 {
                return ' ';
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
            let step = (v / top * 7.0).round() as usize;
            BLOCKS[step.min(7)]
        })
        .collect()
}

/// Joins neighbouring values, by their greatest, until at most `room` are left: a peak is never hidden.
fn squeeze(values: &[f64], room: usize) -> Vec<f64> {
    if values.len() <= room {
        return values.to_vec();
    }
    (0..room)
        .map(|i| {
            let (from, to) = (i * values.len() / room, (i + 1) * values.len() / room);
            values[from..to.max(from + 1)].iter().copied().fold(0.0, f64::max)
        })
        .collect()
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 && value >= 0.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number")]
        let whole = value as u64;
        human::count(whole)
    } else {
        format!("{value:.1}")
    }
}

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 12.0;

/// Draws stacked bars as an SVG element that needs nothing from outside the page.
pub(crate) fn svg(plot: &Plot) -> String {
    let totals: Vec<f64> =
        (0..plot.labels.len()).map(|i| plot.series.iter().filter_map(|s| s.values.get(i)).sum()).collect();
    let top = totals.iter().copied().fold(0.0, f64::max).max(1.0);
    let title = markup::html(&plot.title);
    let mut out = format!(
        "<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">"
    );
    axis(&mut out, top, &plot.unit);
    columns(&mut out, plot, top);
    labels(&mut out, plot);
    out.push_str("</svg>");
    legend(&mut out, plot);
    out.push_str("</figure>\n");
    out
}

fn axis(out: &mut String, top: f64, unit: &str) {
    for part in [0.0, 0.5, 1.0] {
        let y = y_of(part);
        write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            number((top * part * 10.0).round() / 10.0)
        )
        .expect("writing to a string");
    }
    write!(out, "<text class=\"axis\" x=\"{LEFT}\" y=\"9\">{}</text>", markup::html(unit))
        .expect("writing to a string");
}

fn columns(out: &mut String, plot: &Plot, top: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred bars")]
    let step = (WIDTH - LEFT) / plot.labels.len().max(1) as f64;
    for (i, label) in plot.labels.iter().enumerate() {
        let mut base = 0.0;
        for series in &plot.series {
            let value = series.values.get(i).copied().unwrap_or(0.0);
            if value <= 0.0 {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "a few hundred bars")]
            let x = LEFT + step * i as f64;
            let (y, bottom) = (y_of((base + value) / top), y_of(base / top));
            write!(
                out,
                "<rect class=\"{}\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{:.2}\" height=\"{:.2}\"><title>{}: {} {}</title></rect>",
                class(series.role),
                (step - 1.0).max(step * 0.7),
                (bottom - y).max(0.75),
                markup::html(label),
                markup::html(&series.name),
                number(value)
            )
            .expect("writing to a string");
            base += value;
        }
    }
}

fn y_of(part: f64) -> f64 {
    HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
}

fn labels(out: &mut String, plot: &Plot) {
    let n = plot.labels.len();
    let marks = [
        (0, "start", LEFT),
        (n / 2, "middle", f64::midpoint(LEFT, WIDTH)),
        (n.saturating_sub(1), "end", WIDTH),
    ];
    for (index, anchor, x) in marks.into_iter().filter(|(i, ..)| n > 2 || *i == 0) {
        if let Some(label) = plot.labels.get(index) {
            write!(
                out,
                "<text class=\"axis\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                HEIGHT - 6.0,
                markup::html(label)
            )
            .expect("writing to a string");
        }
    }
}

fn legend(out: &mut String, plot: &Plot) {
    out.push_str("<p class=\"legend\">");
    for series in &plot.series {
        let total: f64 = series.values.iter().sum();
        write!(
            out,
            "<span><i class=\"{}\"></i>{} <small>{}</small></span>",
            class(series.role),
            markup::html(&series.name),
            number(total)
        )
        .expect("writing to a string");
    }
    out.push_str("</p>");
}

/// The CSS class of a role.
pub(crate) fn class(role: Role) -> &'static str {
    match role {
        Role::Plain => "plain",
        Role::Strong => "strong",
        Role::Dim => "dim",
        Role::Command => "command",
        Role::Severity(Severity::Ok) => "ok",
        Role::Severity(Severity::Unknown) => "unknown",
        Role::Severity(Severity::Warning) => "warning",
        Role::Severity(Severity::Critical) => "critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Series;

    fn sample(n: usize) -> Plot {
        let values = (0..n).map(|i| if i == n / 3 { 99.0 } else { 1.0 }).collect();
        Plot {
            title: "errors".into(),
            unit: "records".into(),
            labels: (0..n).map(|i| format!("t{i}")).collect(),
            series: vec![Series { name: "error".into(), role: Role::Severity(Severity::Critical), values }],
        }
    }

    #[test]
    fn a_peak_survives_squeezing() {
        let row = terminal(&sample(1_000), 80)[1].to_plain();
        assert!(row.contains('█') && row.contains("peak 99 at t333"), "{row}");
    }

    #[test]
    fn empty_and_single_plots_do_not_panic() {
        for n in [0, 1, 2] {
            let drawn = (terminal(&sample(n), 40), svg(&sample(n)));
            assert!(drawn.1.ends_with("</figure>\n"));
        }
    }
}
