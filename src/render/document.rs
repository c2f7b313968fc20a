//! What a report looks like before anyone has chosen a medium.

use crate::model::Severity;

/// Meaning of a stretch of text; each renderer chooses how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    #[default]
    Plain,
    /// Important words: names, numbers that matter.
    Strong,
    /// Side remarks.
    Dim,
    /// Something to type.
    Command,
    /// Coloured by how bad it is.
    Severity(Severity),
}

/// A stretch of text with one meaning. The text is raw: renderers escape it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub role: Role,
}

/// A line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// An empty line to be added to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a stretch.
    #[must_use]
    pub fn and(mut self, role: Role, text: impl Into<String>) -> Self {
        self.0.push(Span { text: text.into(), role });
        self
    }

    /// Adds a plain stretch.
    #[must_use]
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.and(Role::Plain, text)
    }

    /// A line with one meaning.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self::new().and(role, text)
    }

    /// The text without its meanings.
    pub fn to_plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::of(Role::Plain, text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::of(Role::Plain, text)
    }
}

/// A cell of a table.
pub type Cell = Text;

/// Which edge a column keeps to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    Right,
}

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    pub align: Align,
    /// Left out on a terminal too narrow for all columns, the highest number first; 0 stays always.
    pub drop_order: u8,
    /// Where it is left out, the column whose cells begin with its own.
    pub told_in: Option<usize>,
    /// Its cells are never broken: a terminal too narrow for that shows records.
    pub is_whole: bool,
}

impl Column {
    /// A left-aligned column that is always shown.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), align: Align::Left, drop_order: 0, told_in: None, is_whole: false }
    }

    /// Aligns to the right, as numbers are.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.align = Align::Right;
        self
    }

    /// May be left out on a narrow terminal, the highest number first.
    #[must_use]
    pub fn droppable(mut self, order: u8) -> Self {
        self.drop_order = order;
        self
    }

    /// Where it is left out, its cells stand before those of another column.
    #[must_use]
    pub fn told_in(mut self, column: usize) -> Self {
        self.told_in = Some(column);
        self
    }

    /// Holds names that are never broken over lines.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }
}

/// Rows under columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

/// One line of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub role: Role,
    /// One value for each label of the plot.
    pub values: Vec<f64>,
}

/// Stacked bars over time: a histogram on a terminal, an inline SVG in HTML, a table in Markdown.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    pub title: String,
    /// What a value counts, for the axis: `records`.
    pub unit: String,
    /// One for each bar, oldest first.
    pub labels: Vec<String>,
    pub series: Vec<Series>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// The one line that says it all.
    Headline {
        severity: Severity,
        text: Text,
    },
    Heading(String),
    Paragraph(Text),
    /// Indented lines, each with a mark.
    List(Vec<Text>),
    Table(Table),
    /// Verbatim lines, such as a log sample.
    Verbatim(Vec<String>),
    /// A command to paste, with what it is for.
    Command {
        text: String,
        command: String,
    },
    Plot(Plot),
}

/// A whole report, ready for any medium.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub title: String,
    pub blocks: Vec<Block>,
}

impl Document {
    /// An empty document.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// Adds a part.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }
}
