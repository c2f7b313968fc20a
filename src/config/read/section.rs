//! The declarations that sections, tagged choices and closed lists of words are made from.

use super::{Reader, Schema, Shape, Table};

/// A table with known keys.
pub(in crate::config) trait Section: Sized {
    /// Reads every key, so that every problem is found.
    fn read_fields(table: &mut Table<'_>, cx: &mut Reader<'_>) -> Option<Self>;

    /// What keys there are.
    fn shape(schema: &mut Schema) -> Shape;
}

/// Declares a section: a plain struct, how it is read, and its part of the JSON Schema.
///
/// A field's documentation describes its key. `= …` is the default, in TOML, or a constant in parentheses that holds
/// TOML; `=> ("a.b", …)` means that the value of another key of the file comes before that default. Without either the
/// key must be there, unless its type knows how to be absent. `field("key")` names the key where it is not called like
/// the field; `as Type` reads it by another type. `..field: Section` puts the keys of another section or of a tagged
/// choice beside the others. `check` names a function that looks at the keys together.
macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                pub $field:ident $(($key:literal))?: $type:ty $(as $via:ty)?
                    $(= $default:tt)? $(=> ($from:literal, $fallback:expr))?,
            )*
            $(..$flat:ident: $flat_type:ty,)?
        }
        $(check $check:path)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
            $(#[doc = " Keys that stand beside those above."] pub $flat: $flat_type,)?
        }

        impl $crate::config::read::Section for $name {
            fn read_fields(
                table: &mut $crate::config::read::Table<'_>,
                cx: &mut $crate::config::read::Reader<'_>,
            ) -> Option<Self> {
                use $crate::config::read::parts::{absent, key, reader_type};
                $(
                    let $field = table.field::<reader_type!($type $(, $via)?)>(
                        cx,
                        key!($field $($key)?),
                        absent!($($default)?; $($from, $fallback)?),
                    );
                )*
                $(let $flat = <$flat_type as $crate::config::read::Section>::read_fields(table, cx);)?
                let read = Self { $($field: $field?.into(),)* $($flat: $flat?,)? };
                $($check(&read, table, cx);)?
                Some(read)
            }

            fn shape(schema: &mut $crate::config::read::Schema) -> $crate::config::read::Shape {
                use $crate::config::read::parts::{absent, key, reader_type};
                let mut shape = $crate::config::read::Shape::default();
                $(
                    shape.key::<reader_type!($type $(, $via)?)>(
                        schema,
                        key!($field $($key)?),
                        concat!($($field_doc),*),
                        absent!($($default)?; $($from, $fallback)?),
                    );
                )*
                $(shape.add(<$flat_type as $crate::config::read::Section>::shape(schema));)?
                shape
            }
        }

        impl $crate::config::read::Setting for $name {
            const IS_SECTION: bool = true;

            fn read(
                node: &$crate::config::read::Node<'_>,
                cx: &mut $crate::config::read::Reader<'_>,
            ) -> Option<Self> {
                let mut table = $crate::config::read::Table::open(node, cx)?;
                let read = <Self as $crate::config::read::Section>::read_fields(&mut table, cx);
                table.finish(cx);
                read
            }

            fn show(&self) -> Option<String> {
                None
            }

            fn schema(schema: &mut $crate::config::read::Schema) -> serde_json::Value {
                schema.section::<Self>(stringify!($name), concat!($($doc),*))
            }
        }
    };
}

/// Declares a tagged choice: the value of one key says which others there are.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident by $tag:literal {
            $($variant:ident($section:ty) = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($variant($section),)*
        }

        impl $name {
            /// The words that may stand in the file.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word that stands in the file.
            pub fn word(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $word,)*
                }
            }
        }

        impl $crate::config::read::Section for $name {
            fn read_fields(
                table: &mut $crate::config::read::Table<'_>,
                cx: &mut $crate::config::read::Reader<'_>,
            ) -> Option<Self> {
                table.belongs(|key| Self::shape(&mut Default::default()).belongs(key));
                match table.tag(cx, $tag, Self::WORDS)? {
                    $($word => <$section as $crate::config::read::Section>::read_fields(table, cx).map(Self::$variant),)*
                    _ => None,
                }
            }

            fn shape(schema: &mut $crate::config::read::Schema) -> $crate::config::read::Shape {
                let variants = vec![
                    $(($word, <$section as $crate::config::read::Section>::shape(schema)),)*
                ];
                $crate::config::read::Shape::tagged($tag, variants)
            }
        }
    };
}

/// Declares a closed list of words.
macro_rules! words {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one of them, with its word.
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];

            /// The word that stands in the file.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl $crate::config::read::Setting for $name {
            fn read(
                node: &$crate::config::read::Node<'_>,
                cx: &mut $crate::config::read::Reader<'_>,
            ) -> Option<Self> {
                $crate::config::read::read_word(node, cx, Self::WORDS)
            }

            fn show(&self) -> Option<String> {
                Some($crate::config::read::quoted(self.word()))
            }

            fn schema(_: &mut $crate::config::read::Schema) -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),*] })
            }
        }
    };
}

/// Pieces of the declarations above.
pub(in crate::config) mod parts {
    /// The name of a key: the field's, unless another is given.
    macro_rules! key {
        ($field:ident) => {
            stringify!($field)
        };
        ($field:ident $key:literal) => {
            $key
        };
    }

    /// The type that reads a key: the field's, unless another is given.
    macro_rules! reader_type {
        ($type:ty) => {
            $type
        };
        ($type:ty, $via:ty) => {
            $via
        };
    }

    /// What holds where a key is absent.
    macro_rules! absent {
        (;) => {
            $crate::config::read::Absent::Missing
        };
        (($constant:expr);) => {
            $crate::config::read::Absent::Default($constant)
        };
        ($default:tt;) => {
            $crate::config::read::Absent::Default(stringify!($default))
        };
        (; $from:literal, $fallback:expr) => {
            $crate::config::read::Absent::Inherit($from, $fallback)
        };
    }

    pub(in crate::config) use {absent, key, reader_type};
}

pub(in crate::config) use {choice, section, words};
