//! Programs to run and signals to send.

use serde_json::{Value, json};
use toml::de::DeValue;

use crate::config::read::{Node, Reader, Schema, Setting, words};

/// A program and its arguments; never empty, never a shell line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    /// Takes the words of a command; `None` when there is no program among them.
    pub fn new(words: Vec<String>) -> Option<Self> {
        words.first().is_some_and(|program| !program.is_empty()).then_some(Self { words })
    }

    /// The program, as written.
    pub fn program(&self) -> &str {
        &self.words[0]
    }

    /// What follows the program.
    pub fn args(&self) -> &[String] {
        &self.words[1..]
    }

    /// The program and its arguments.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

impl Setting for CommandLine {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Array(items) = node.value() else {
            cx.mismatch(node, "an array of words such as [\"python3\", \"main.py\"]; no shell is involved");
            return None;
        };
        let words: Vec<Option<String>> =
            items.iter().enumerate().map(|(at, item)| cx.text(&node.item(at, item), "a string")).collect();
        let command = Self::new(words.into_iter().collect::<Option<_>>()?);
        if command.is_none() {
            cx.wrong(node, "names no program; write [\"program\", \"argument\"]");
        }
        command
    }

    fn show(&self) -> Option<String> {
        self.words.show()
    }

    fn schema(schema: &mut Schema) -> Value {
        let description = "A program and its arguments; no shell is involved.";
        let items = json!({ "type": "string" });
        schema.define(
            "command",
            |_| json!({ "type": "array", "items": items, "minItems": 1, "description": description }),
        )
    }
}

words! {
    /// A signal that asks a program to do something.
    pub enum Signal {
        Hup = "HUP",
        Int = "INT",
        Quit = "QUIT",
        Kill = "KILL",
        Usr1 = "USR1",
        Usr2 = "USR2",
        Term = "TERM",
        Winch = "WINCH",
    }
}

impl Signal {
    /// The number on this system.
    pub fn number(self) -> i32 {
        match self {
            Self::Hup => libc::SIGHUP,
            Self::Int => libc::SIGINT,
            Self::Quit => libc::SIGQUIT,
            Self::Kill => libc::SIGKILL,
            Self::Usr1 => libc::SIGUSR1,
            Self::Usr2 => libc::SIGUSR2,
            Self::Term => libc::SIGTERM,
            Self::Winch => libc::SIGWINCH,
        }
    }
}

/// How a program is told that its log file was renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reopen {
    Signal(Signal),
    Command(CommandLine),
}

impl Setting for Reopen {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        match node.value() {
            DeValue::Array(_) => CommandLine::read(node, cx).map(Self::Command),
            DeValue::String(_) => Signal::read(node, cx).map(Self::Signal),
            _ => {
                cx.mismatch(node, "the name of a signal, or a command as an array of words");
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        match self {
            Self::Signal(signal) => signal.show(),
            Self::Command(command) => command.show(),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "anyOf": [Signal::schema(schema), CommandLine::schema(schema)] })
    }
}
