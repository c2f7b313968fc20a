//! Thresholds, sizes and ports.

use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use crate::config::read::{
    Node, Reader, Schema, Setting, Table, integer_schema, number_schema, quoted, read_integer, read_number,
};
use crate::text::human;

/// Yellow from `warn`, red from `critical`; a value that cannot be reached switches one off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bars {
    pub warn: f64,
    pub critical: f64,
}

/// How long an answer may take; an absent bar is never crossed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyBars {
    pub warn: Option<Duration>,
    pub critical: Option<Duration>,
}

/// Days that a certificate must still be valid: yellow below `warn`, red below `critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayBars {
    pub warn: u32,
    pub critical: u32,
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// A share from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

/// A number of the file.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Number(f64);

/// Reads the two bars of a threshold; a value that is no table stands for `warn` alone.
///
/// Each bar comes from the first layer that has it, so that `{ warn = 60 }` keeps the default's `critical`.
fn read_bars<T: Setting>(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<(Option<T>, Option<T>)> {
    let (mut warn, mut critical) = (None, None);
    for depth in 0..node.layers.len() {
        let layer = node.layer(depth);
        if let DeValue::Table(_) = layer.value() {
            let mut table = Table::open(&layer, cx)?;
            let bars = (table.part::<Option<T>>(cx, "warn"), table.part::<Option<T>>(cx, "critical"));
            table.finish(cx);
            warn = warn.or(bars.0?);
            critical = critical.or(bars.1?);
        } else {
            warn = warn.or(Some(T::read(&layer, cx)?));
        }
    }
    Some((warn, critical))
}

fn show_bars(warn: Option<String>, critical: Option<String>) -> Option<String> {
    let bars = [("warn", warn), ("critical", critical)];
    let shown: Vec<_> = bars.into_iter().filter_map(|(key, bar)| Some(format!("{key} = {}", bar?))).collect();
    (!shown.is_empty()).then(|| format!("{{ {} }}", shown.join(", ")))
}

fn bars_schema(schema: &mut Schema, name: &str, bar: &Value, doc: &str) -> Value {
    schema.define(name, |_| {
        let properties = json!({ "warn": bar, "critical": bar });
        let table = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        json!({ "anyOf": [table, bar], "description": format!("{doc} One that is left out keeps its default; a bare value is warn.") })
    })
}

impl Setting for Number {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        read_number(node, cx, "a number, or { warn = …, critical = … }").map(Self)
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn schema(schema: &mut Schema) -> Value {
        number_schema(schema)
    }
}

impl Setting for Bars {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let (warn, critical) = read_bars::<Number>(node, cx)?;
        let bars = Self { warn: warn?.0, critical: critical?.0 };
        if bars.warn > bars.critical {
            cx.wrong(
                node,
                format_args!(
                    "warn ({}) is above critical ({}); raise critical, too",
                    bars.warn, bars.critical
                ),
            );
            return None;
        }
        Some(bars)
    }

    fn show(&self) -> Option<String> {
        show_bars(Some(self.warn.to_string()), Some(self.critical.to_string()))
    }

    fn schema(schema: &mut Schema) -> Value {
        let bar = number_schema(schema);
        bars_schema(schema, "bars", &bar, "Yellow from warn, red from critical.")
    }
}

impl Setting for LatencyBars {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let (warn, critical) = read_bars::<Duration>(node, cx)?;
        if let (Some(w), Some(c)) = (warn, critical)
            && w > c
        {
            let (w, c) = (human::duration_exact(w), human::duration_exact(c));
            cx.wrong(node, format_args!("warn ({w}) is above critical ({c})"));
            return None;
        }
        Some(Self { warn, critical })
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn show(&self) -> Option<String> {
        show_bars(self.warn.and_then(|d| d.show()), self.critical.and_then(|d| d.show()))
    }

    fn schema(schema: &mut Schema) -> Value {
        let bar = Duration::schema(schema);
        bars_schema(schema, "latency", &bar, "Slower than warn is yellow, slower than critical red.")
    }
}

impl Setting for DayBars {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let (warn, critical) = read_bars::<u32>(node, cx)?;
        let bars = Self { warn: warn?, critical: critical? };
        if bars.warn < bars.critical {
            let why = format_args!(
                "warn ({}) is below critical ({}); lower critical, too",
                bars.warn, bars.critical
            );
            cx.wrong(node, why);
            return None;
        }
        Some(bars)
    }

    fn show(&self) -> Option<String> {
        show_bars(Some(self.warn.to_string()), Some(self.critical.to_string()))
    }

    fn schema(schema: &mut Schema) -> Value {
        let bar = u32::schema(schema);
        bars_schema(
            schema,
            "days",
            &bar,
            "Yellow with fewer days left than warn, red with fewer than critical.",
        )
    }
}

impl Setting for ByteSize {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        const EXPECTED: &str = "a size such as \"500MiB\", \"1GiB\" or \"10MB\"";
        if let DeValue::Integer(_) = node.value() {
            return read_integer(node, cx, 0..=u64::MAX, EXPECTED).map(Self);
        }
        let text = cx.text(node, EXPECTED)?;
        human::parse_bytes(&text).map(Self).map_err(|error| cx.wrong(node, error)).ok()
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&human::bytes_exact(self.0)))
    }

    fn schema(schema: &mut Schema) -> Value {
        let description =
            "Bytes, or a number with KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024).";
        schema.define("size", |_| {
            let text =
                json!({ "type": "string", "pattern": r"^\s*[0-9.]+\s*([kKmMgGtT][iI]?)?[bB]?\s*$|\$\{" });
            json!({ "anyOf": [text, { "type": "integer", "minimum": 0 }], "description": description })
        })
    }
}

impl Setting for Percent {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        const EXPECTED: &str = "a number from 0 to 100";
        let number = read_number(node, cx, EXPECTED)?;
        if number > 100.0 {
            cx.mismatch(node, EXPECTED);
            return None;
        }
        Some(Self(number))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("percent", |schema| {
            let mut any = number_schema(schema);
            any["anyOf"][0]["maximum"] = 100.into();
            any
        })
    }
}

/// A TCP port: there are no other numbers of 16 bits in a config.
impl Setting for u16 {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let number = read_integer(node, cx, 1..=u64::from(Self::MAX), "a port from 1 to 65535")?;
        Self::try_from(number).ok()
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn schema(schema: &mut Schema) -> Value {
        integer_schema(schema, 1, u64::from(Self::MAX))
    }
}
