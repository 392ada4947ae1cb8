//! Source files and places in them.

use bp_grammar::span::Span;

/// A file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A span of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: FileId,
    pub span: Span,
}

/// A file as it was read: a `.bp` file or a data file of a template.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// As people name it: relative to where the command was given.
    pub path: String,
    pub text: String,
    /// The byte at which each line begins.
    lines: Vec<u32>,
}

/// All files that a compilation has read.
#[derive(Debug, Default, Clone)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    pub fn add(&mut self, path: String, text: String) -> FileId {
        let mut lines = vec![0];
        lines.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1));
        self.files.push(SourceFile { path, text, lines });
        FileId(self.files.len() as u32 - 1)
    }

    pub fn get(&self, file: FileId) -> &SourceFile {
        &self.files[file.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text at a place.
    pub fn text(&self, place: Place) -> &str {
        self.get(place.file).text.get(place.span.range()).unwrap_or("")
    }
}

impl SourceFile {
    /// Line and column of a byte, both counted from 1, the column in characters. A mark of the byte order that the file
    /// begins with stands in no column.
    pub fn line_column(&self, at: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines[line - 1] as usize;
        let before = self.text.get(start..at as usize).unwrap_or_default();
        let before = if line == 1 { before.strip_prefix('\u{feff}').unwrap_or(before) } else { before };
        let column = before.chars().count();
        (line as u32, column as u32 + 1)
    }
}
