//! What a process consists of, before anything has a place: blocks in blocks, as they were written.

/// What a shape is in the notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A service task: what the machine does in one go.
    Step,
    /// A service task too: what another system is asked for.
    Service,
    /// A user task.
    Person,
    /// A business rule task: a decision table.
    Rule,
    /// A call activity: another process.
    Child,
    /// What takes back a step or a child.
    Undo,
    Event(Position, Sign),
    Gateway(Gate),
    Frame(Frame),
}

/// Where an event stands in its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    Start,
    /// Waited for.
    Catch,
    Throw,
    End,
    /// On the border of an activity, which it ends.
    Ending,
    /// On the border of an activity, which goes on beside it.
    Beside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Plain,
    Message,
    Timer,
    Error,
    Escalation,
    Link,
    Undo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Exclusive,
    Parallel,
    /// The first event to happen decides.
    Event,
    /// Goes on when enough have come.
    Complex,
}

/// A box around a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    Scope,
    /// Once for each element, side by side.
    Each,
    /// Once for each element, one after the other.
    InTurn,
    Stage,
    Exclusive,
    Pause,
}

impl Frame {
    /// A subprocess, with a beginning and an end of its own. The others only say something about what stands in them.
    pub fn is_subprocess(self) -> bool {
        matches!(self, Frame::Scope | Frame::Each | Frame::InTurn)
    }
}

impl Kind {
    pub fn is_activity(self) -> bool {
        matches!(self, Kind::Step | Kind::Service | Kind::Person | Kind::Rule | Kind::Child | Kind::Undo)
    }

    pub fn is_boundary(self) -> bool {
        matches!(self, Kind::Event(Position::Ending | Position::Beside, _))
    }
}

/// One shape.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    /// What is written in it or beside it; empty for nothing.
    pub text: String,
    /// What is written smaller below that: who does it.
    pub note: String,
    /// What it was in the program, with its line: `step settle, line 12`. Empty for what stands nowhere.
    pub about: String,
}

impl Node {
    pub fn new(kind: Kind, text: impl Into<String>) -> Node {
        Node { kind, text: text.into(), note: String::new(), about: String::new() }
    }

    pub fn about(mut self, about: impl Into<String>) -> Node {
        self.about = about.into();
        self
    }
}

#[derive(Clone, Debug)]
pub enum Flow {
    Node(Node),
    /// The regular end of a process or subprocess; none where nothing comes to it.
    Close(Node),
    Seq(Vec<Flow>),
    Split(Split),
    Loop(Loop),
    Frame(Box<Framed>),
    Attached(Box<Attached>),
    /// Where those who have jumped to this name go on.
    Landing {
        name: String,
        about: String,
    },
}

/// Ways that part, and meet again if several go on.
#[derive(Clone, Debug)]
pub struct Split {
    pub gateway: Node,
    pub ways: Vec<Way>,
    /// Where they meet; `None` is an exclusive gateway, and none where only one goes on.
    pub join: Option<Node>,
}

#[derive(Clone, Debug)]
pub struct Way {
    pub label: String,
    pub flow: Flow,
}

/// A stretch that is gone through again as long as its condition holds.
#[derive(Clone, Debug)]
pub struct Loop {
    /// `None` for one that only a jump leaves.
    pub condition: Option<Node>,
    pub body: Box<Flow>,
}

#[derive(Clone, Debug)]
pub struct Framed {
    pub frame: Frame,
    pub text: String,
    pub about: String,
    pub flow: Flow,
}

/// An activity or subprocess with events on its border.
#[derive(Clone, Debug)]
pub struct Attached {
    pub host: Flow,
    pub events: Vec<Handler>,
}

#[derive(Clone, Debug)]
pub struct Handler {
    pub event: Node,
    pub flow: Flow,
    /// What is done then goes on behind the host; else it ends by itself.
    pub joins: bool,
}

impl Flow {
    pub fn nothing() -> Flow {
        Flow::Seq(Vec::new())
    }

    /// Nothing stands in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Flow::Seq(flows) if flows.iter().all(Flow::is_empty))
    }

    /// Something stands in it beside leaving a loop.
    pub fn matters(&self) -> bool {
        match self {
            Flow::Node(node) => !matches!(node.kind, Kind::Event(Position::Throw, Sign::Link)),
            Flow::Close(_) | Flow::Landing { .. } => false,
            Flow::Seq(flows) => flows.iter().any(Flow::matters),
            Flow::Split(split) => split.ways.iter().any(|way| way.flow.matters()),
            Flow::Loop(_) | Flow::Frame(_) | Flow::Attached(_) => true,
        }
    }

    /// Takes away the landings that nobody jumps to.
    pub fn keep_landings(&mut self, jumped_to: &dyn Fn(&str) -> bool) {
        match self {
            Flow::Seq(flows) => {
                flows.retain(|flow| !matches!(flow, Flow::Landing { name, .. } if !jumped_to(name)));
                flows.iter_mut().for_each(|flow| flow.keep_landings(jumped_to));
            }
            Flow::Split(split) => split.ways.iter_mut().for_each(|way| way.flow.keep_landings(jumped_to)),
            Flow::Loop(cycle) => cycle.body.keep_landings(jumped_to),
            Flow::Frame(framed) => framed.flow.keep_landings(jumped_to),
            Flow::Attached(attached) => {
                attached.host.keep_landings(jumped_to);
                attached.events.iter_mut().for_each(|handler| handler.flow.keep_landings(jumped_to));
            }
            Flow::Node(_) | Flow::Close(_) | Flow::Landing { .. } => {}
        }
    }
}
