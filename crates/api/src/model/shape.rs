//! Columns as data: what tables, Arrow schemas and reference pages are made from.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Text. A number or boolean is read as its text.
    Text,
    /// A whole number, also read from digits in a string.
    Int,
    /// A number, also read from its text.
    Num,
    /// A boolean, also read from `"true"` and `"false"`.
    Bool,
    /// A boolean that the service writes as text.
    BoolText,
    /// Digits the service writes as text; kept as text, because leading zeros count.
    IntText,
    /// An instant in any form of [`crate::time::TimeForm`].
    Time,
    /// JSON inside a string.
    JsonText,
    /// JSON of open shape.
    Open,
    /// An object of known shape.
    Object(&'static Shape),
    /// A list; a single value is read as a list of one.
    List(&'static Kind),
}

impl Kind {
    /// The kind in words, as messages and reference pages print it.
    pub fn describe(&self) -> String {
        match self {
            Kind::Text => "text".into(),
            Kind::Int => "a whole number".into(),
            Kind::Num => "a number".into(),
            Kind::Bool => "a boolean".into(),
            Kind::BoolText => "a boolean as text".into(),
            Kind::IntText => "digits as text".into(),
            Kind::Time => "a time".into(),
            Kind::JsonText => "JSON text".into(),
            Kind::Open => "any JSON".into(),
            Kind::Object(shape) => format!("an object ({})", shape.name),
            Kind::List(item) => format!("a list of: {}", item.describe()),
        }
    }
}

impl Kind {
    /// What a list holds; any other kind itself.
    pub const fn item(&self) -> &Kind {
        match self {
            Kind::List(item) => item.item(),
            other => other,
        }
    }

    /// The shape of the object, or of the objects in the list.
    pub const fn shape(&self) -> Option<&'static Shape> {
        match self.item() {
            Kind::Object(shape) => Some(shape),
            _ => None,
        }
    }
}

/// A mark on a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flag {
    /// Shown in tables by default.
    Shown,
    /// Moves on every connector run; no sign that the thing itself changed.
    Volatile,
    /// Identifies the row.
    Id,
    /// May hold a secret; never shown or logged.
    Secret,
    /// Filled by the details call only.
    Details,
    /// May hold personal data, or what helps an attacker: hidden where it is asked for.
    Sensitive,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// The field name on the wire, case as printed.
    pub wire: &'static str,
    /// The field name in Rust.
    pub rust: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means.
    pub doc: &'static str,
    /// Marks.
    pub flags: &'static [Flag],
}

impl Column {
    #[doc(hidden)]
    pub const fn new(
        wire: &'static str,
        rust: &'static str,
        kind: Kind,
        doc: &'static str,
        flags: &'static [Flag],
    ) -> Column {
        Column { wire, rust, kind, doc, flags }
    }

    /// Whether the column carries the mark.
    pub fn is(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether what the column holds is not for everybody: it is sensitive, or a secret.
    pub fn is_sensitive(&self) -> bool {
        self.is(Flag::Sensitive) || self.is(Flag::Secret)
    }

    /// Whether the column, or a column of the objects in it, is sensitive.
    pub fn has_sensitive(&self) -> bool {
        self.is_sensitive() || self.kind.shape().is_some_and(Shape::has_sensitive)
    }
}

/// The columns of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Shape {
    /// The name of the Rust struct.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// Columns shared with other shapes, which come first in listings.
    pub base: Option<&'static Shape>,
    /// The columns of this shape alone.
    pub own: &'static [Column],
}

impl Shape {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        base: Option<&'static Shape>,
        own: &'static [Column],
    ) -> Shape {
        Shape { name, doc, base, own }
    }

    /// All columns: those of the bases first, outermost base first.
    pub fn columns(&self) -> Vec<&'static Column> {
        let mut all = self.base.map(Shape::columns).unwrap_or_default();
        all.extend(self.own);
        all
    }

    /// The column of a number given by [`Model::locate`](super::Model::locate): own columns first.
    #[inline]
    pub(super) fn located(&self, at: usize) -> Option<&'static Column> {
        match at.checked_sub(self.own.len()) {
            None => self.own.get(at),
            Some(at) => self.base?.located(at),
        }
    }

    /// The column of this wire name.
    pub fn column(&self, wire: &str) -> Option<&'static Column> {
        self.own.iter().find(|c| c.wire == wire).or_else(|| self.base.and_then(|b| b.column(wire)))
    }

    /// The columns that hold no object of known shape, at any depth, with the way to each. The columns of
    /// objects in a list are reached through the list.
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.collect_leaves(&mut Vec::new(), &mut leaves);
        leaves
    }

    fn collect_leaves(&self, path: &mut Vec<&'static str>, into: &mut Vec<Leaf>) {
        for column in self.columns() {
            path.push(column.wire);
            match column.kind.shape() {
                Some(nested) => nested.collect_leaves(path, into),
                None => into.push(Leaf { path: path.clone(), column }),
            }
            path.pop();
        }
    }

    /// Whether any column, at any depth, is sensitive.
    pub fn has_sensitive(&self) -> bool {
        self.base.is_some_and(Shape::has_sensitive) || self.own.iter().any(Column::has_sensitive)
    }

    /// The columns that tables show by default.
    pub fn shown(&self) -> Vec<&'static Column> {
        self.columns().into_iter().filter(|c| c.is(Flag::Shown)).collect()
    }
}

/// A column at the end of a way through nested objects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Leaf {
    /// The wire names from the row to the column, the column's own last.
    pub path: Vec<&'static str>,
    /// The column.
    pub column: &'static Column,
}
