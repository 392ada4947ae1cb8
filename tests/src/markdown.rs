//! Documents: their code blocks, headings and links.

/// A fenced block of a document.
#[derive(Debug, Clone)]
pub struct Block {
    /// The word behind the fence: `bp`, `console`.
    pub language: String,
    /// The words behind it: `bad`, `BP0501`.
    pub words: Vec<String>,
    /// The number of its first line, counted from 0, and behind its last: the lines between the fences.
    pub lines: std::ops::Range<usize>,
    pub text: String,
}

impl Block {
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// `x` of `name=x`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('='))
    }

    /// The codes among its words.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(|w| w.len() == 6 && w.starts_with("BP"))
    }
}

/// The fenced blocks of a document, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(info) = line.strip_prefix("```") else { continue };
        match open.take() {
            None => open = Some((at + 1, info.to_owned())),
            Some((start, info)) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let language = words.next().unwrap_or_default();
                let mut text = lines[start..at].join("\n");
                text.push('\n');
                blocks.push(Block { language, words: words.collect(), lines: start..at, text });
            }
        }
    }
    blocks
}

/// The document without its fenced blocks, line by line.
pub fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((at + 1, line));
        }
    }
    lines
}

/// The anchors of a document's headings, as `mdbook` makes them.
pub fn anchors(text: &str) -> Vec<String> {
    let slug = |heading: &str| -> String {
        let kept = heading.trim().chars().filter_map(|c| match c {
            ' ' | '-' => Some('-'),
            c if c.is_alphanumeric() || c == '_' => Some(c.to_ascii_lowercase()),
            _ => None,
        });
        kept.collect()
    };
    prose(text).iter().filter(|(_, l)| l.starts_with('#')).map(|(_, l)| slug(l.trim_start_matches('#'))).collect()
}

/// The targets of a document's links, with their lines.
pub fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in prose(text) {
        let mut rest = line;
        while let Some((_, behind)) = rest.split_once("](") {
            let Some((target, more)) = behind.split_once(')') else { break };
            found.push((at, target.to_owned()));
            rest = more;
        }
    }
    found
}
