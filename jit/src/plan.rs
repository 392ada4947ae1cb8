//! What there is to translate: which functions, in which order their blocks, and how deep calls go.

use std::collections::HashSet;

use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, TextId};
use bp_bytecode::op::Op;
use bp_bytecode::program::Function;
use bp_bytecode::shape::{RegType, Shape};

/// The longest function that is translated.
const MAX_CODE: usize = 50_000;
/// The most native calls within calls.
const MAX_DEPTH: usize = 200;

/// The graph of a function.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// First instructions of reachable blocks, in reverse post-order.
    pub order: Vec<u32>,
    /// Blocks that a jump goes back to.
    pub loops: HashSet<u32>,
    pub returns: usize,
    /// For each instruction: how many ways lead to the block that begins there.
    ways: Vec<u32>,
    /// For each instruction: the place in `order` of the block that begins there, from 1.
    rank: Vec<u32>,
}

impl Flow {
    /// Does a block begin at the instruction?
    pub fn begins(&self, pc: usize) -> bool {
        self.rank[pc] != 0
    }

    /// Does only one jump, or the instruction before, lead to the block that begins there?
    pub fn has_one_way(&self, block: u32) -> bool {
        self.ways[block as usize] == 1
    }

    pub fn goes_back(&self, from: u32, to: u32) -> bool {
        self.rank[to as usize] <= self.rank[from as usize]
    }
}

pub(crate) struct Plan {
    flows: Vec<Flow>,
    functions: Vec<Known>,
    literals: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    native: bool,
    /// Frames and registers that a call of it may take in the machine.
    depth: usize,
    registers: usize,
    calls: bool,
    posts: bool,
    adds_up: bool,
}

impl Plan {
    pub fn new(program: &Program) -> Plan {
        let flows: Vec<Flow> = program.functions.iter().map(|f| flow(program, f)).collect();
        Plan { flows, functions: known(program), literals: bp_vm::native::literals(program) }
    }

    pub fn flow(&self, func: FuncId) -> &Flow {
        &self.flows[func.index()]
    }

    /// Can the function, and everything that it calls, be native?
    pub fn native(&self, func: FuncId) -> bool {
        self.functions.get(func.index()).is_some_and(|known| known.native)
    }

    /// Can the `where`s of a function's arguments be checked by native code?
    pub fn checks_are_native(&self, program: &Program, func: FuncId) -> bool {
        let function = &program.functions[func.index()];
        function.registers.iter().take(function.params.into()).all(|ty| match ty {
            RegType::Handle(shape) => match &program.shapes[shape.index()] {
                Shape::Record(record) => {
                    let mut checks = record.fields.iter().flat_map(|field| &field.checks);
                    checks.all(|check| self.native(program.checks[check.index()].func))
                }
                _ => true,
            },
            _ => true,
        })
    }

    pub fn calls(&self, func: FuncId) -> bool {
        self.functions[func.index()].calls
    }

    /// Does the function, or one that it calls, post?
    pub fn posts(&self, func: FuncId) -> bool {
        self.functions[func.index()].posts
    }

    /// Are sums of accounts all that a caller has to know of the function's entries? Not where an account has
    /// dimensions, nor where the function asks for what entries and runs change.
    pub fn adds_up(&self, func: FuncId) -> bool {
        self.functions[func.index()].adds_up
    }

    pub fn literal(&self, text: TextId) -> u64 {
        self.literals[text.index()]
    }
}

/// The other places that an instruction may go to, and whether it goes on to the next one.
fn successors(program: &Program, op: &Op) -> (Vec<u32>, bool) {
    match *op {
        Op::Jump { to } => (vec![to.0], false),
        Op::JumpIf { to, .. } | Op::JumpUnless { to, .. } => (vec![to.0], true),
        Op::JumpCompare { to, .. } | Op::JumpCompareConst { to, .. } => (vec![to.0], true),
        Op::Unpack { otherwise, .. } | Op::Unsome { otherwise, .. } => (vec![otherwise.0], true),
        Op::Switch { table, .. } => (program.switches[table.index()].iter().map(|l| l.0).collect(), false),
        Op::Return { .. } | Op::Halt { .. } => (vec![], false),
        _ => (vec![], true),
    }
}

fn flow(program: &Program, function: &Function) -> Flow {
    let code = &function.code;
    let mut leads = vec![false; code.len() + 1];
    let mut edges: Vec<Vec<u32>> = Vec::with_capacity(code.len());
    leads[0] = true;
    for (pc, op) in code.iter().enumerate() {
        let (mut to, on) = successors(program, op);
        if !to.is_empty() || !on {
            to.iter().for_each(|to| leads[*to as usize] = true);
            // `unpack` and `unsome` go on in their own block.
            let own = matches!(op, Op::Unpack { .. } | Op::Unsome { .. });
            leads[pc + 1] |= !own;
        }
        if on {
            to.push(pc as u32 + 1);
        }
        edges.push(to);
    }
    // Successors of each block, then a walk in depth.
    let after = |start: u32| -> Vec<u32> {
        let mut all = Vec::new();
        for pc in start as usize..code.len() {
            for to in &edges[pc] {
                if *to as usize != pc + 1 || leads[pc + 1] {
                    all.push(*to);
                }
            }
            if leads[pc + 1] || !edges[pc].contains(&(pc as u32 + 1)) {
                break;
            }
        }
        all
    };
    let mut flow = Flow { rank: vec![0; code.len() + 1], ways: vec![0; code.len() + 1], ..Flow::default() };
    let mut seen = vec![false; code.len() + 1];
    let mut open = vec![(0u32, after(0))];
    seen[0] = true;
    while let Some((block, rest)) = open.last_mut() {
        match rest.pop() {
            Some(next) if (next as usize) < code.len() && !seen[next as usize] => {
                seen[next as usize] = true;
                open.push((next, after(next)));
            }
            Some(_) => {}
            None => {
                flow.order.push(*block);
                open.pop();
            }
        }
    }
    flow.order.reverse();
    for (at, start) in flow.order.iter().enumerate() {
        flow.rank[*start as usize] = at as u32 + 1;
    }
    for start in &flow.order {
        for to in after(*start) {
            flow.ways[to as usize] += 1;
            if flow.rank[to as usize] <= flow.rank[*start as usize] {
                flow.loops.insert(to);
            }
        }
        let end = (*start as usize..code.len()).find(|pc| leads[pc + 1] || matches!(code[*pc], Op::Return { .. }));
        flow.returns += usize::from(end.is_some_and(|pc| matches!(code[pc], Op::Return { .. })));
    }
    flow
}

fn known(program: &Program) -> Vec<Known> {
    let mut functions: Vec<Option<Known>> = vec![None; program.functions.len()];
    for at in 0..functions.len() {
        know(program, at, &mut functions);
    }
    functions.into_iter().map(Option::unwrap_or_default).collect()
}

/// Frames and registers that the interpreter may need for a call of each function.
pub(crate) fn needs(program: &Program) -> Vec<(usize, usize)> {
    known(program).iter().map(|known| (known.depth, known.registers)).collect()
}

fn know(program: &Program, at: usize, all: &mut Vec<Option<Known>>) -> Known {
    if let Some(known) = &all[at] {
        return known.clone();
    }
    // The verifier forbids recursion of functions; of a default it is met by what stands here meanwhile.
    all[at] = Some(Known::default());
    let function = &program.functions[at];
    let mut known = Known { native: function.code.len() <= MAX_CODE, adds_up: true, ..Known::default() };
    let (mut depth, mut registers) = (0, 0);
    for op in &function.code {
        let mut below = Vec::new();
        match *op {
            Op::Call { func, .. } => {
                known.calls = true;
                let callee = know(program, func.index(), all);
                known.native &= callee.native;
                known.posts |= callee.posts;
                known.adds_up &= callee.adds_up;
                below.push(func);
            }
            Op::Config { config, .. } => {
                let config = &program.configs[config.index()];
                below.extend(config.default);
                below.extend(config.checks.iter().map(|check| program.checks[check.index()].func));
            }
            Op::PostBegin { .. } | Op::PostEnd { .. } => known.posts = true,
            Op::PostLine { account, .. } => {
                known.posts = true;
                known.adds_up &= program.accounts[account.index()].dimensions.is_empty();
            }
            Op::Balance { .. } | Op::RunGet { .. } | Op::RunPut { .. } => {
                known.native &= translated(op);
                known.adds_up = false;
            }
            _ => known.native &= translated(op),
        }
        for func in below {
            let callee = know(program, func.index(), all);
            depth = depth.max(callee.depth);
            registers = registers.max(callee.registers);
        }
    }
    known.depth = depth + 1;
    known.registers = registers + function.registers.len();
    known.native &= known.depth <= MAX_DEPTH;
    all[at] = Some(known.clone());
    known
}

/// Is the instruction one that the translator knows? A new one leaves its functions to the interpreter.
#[allow(unreachable_patterns, clippy::match_like_matches_macro)] // A line for each group is easier to read.
fn translated(op: &Op) -> bool {
    match op {
        Op::Move { .. } | Op::Int { .. } | Op::Const { .. } | Op::Text { .. } => true,
        Op::Add { .. } | Op::Sub { .. } | Op::Mul { .. } | Op::Neg { .. } | Op::Abs { .. } => true,
        Op::Min { .. } | Op::Max { .. } | Op::Sign { .. } | Op::ScaleUp { .. } => true,
        Op::DivFloor { .. } | Op::ModFloor { .. } | Op::Narrow { .. } | Op::Round { .. } => true,
        Op::RoundChain { .. } | Op::IsMultiple { .. } => true,
        Op::Compare { .. } | Op::CompareScaled { .. } | Op::Not { .. } | Op::Equal { .. } => true,
        Op::TextOrder { .. } => true,
        Op::Jump { .. } | Op::JumpIf { .. } | Op::JumpUnless { .. } | Op::Switch { .. } => true,
        Op::Call { .. } | Op::Return { .. } | Op::Halt { .. } | Op::Check { .. } | Op::Charge { .. } => true,
        Op::Record { .. } | Op::Field { .. } | Op::Variant { .. } | Op::Tag { .. } | Op::Unpack { .. } => true,
        Op::Some { .. } | Op::None { .. } | Op::Unsome { .. } | Op::List { .. } | Op::Append { .. } => true,
        Op::Len { .. } | Op::Item { .. } | Op::Put { .. } | Op::MapNew { .. } | Op::Get { .. } => true,
        Op::Keys { .. } | Op::Values { .. } | Op::SortOrder { .. } => true,
        Op::Join { .. } | Op::Format { .. } | Op::Pad { .. } | Op::Builtin { .. } => true,
        Op::Search { .. } | Op::Pick { .. } | Op::PickText { .. } | Op::Matched { .. } => true,
        Op::Config { .. } | Op::Today { .. } | Op::Now { .. } => true,
        Op::StepBegin { .. } | Op::StepEnd { .. } => true,
        Op::PostBegin { .. } | Op::PostLine { .. } | Op::PostEnd { .. } | Op::Balance { .. } => true,
        Op::RunGet { .. } | Op::RunPut { .. } | Op::Expect { .. } | Op::AtRow { .. } => true,
        Op::AddWord { .. } | Op::SubWord { .. } | Op::MulWord { .. } => true,
        Op::AddConst { .. } | Op::MulConst { .. } | Op::MinConst { .. } | Op::MaxConst { .. } => true,
        Op::RoundBy { .. } | Op::JumpCompare { .. } | Op::JumpCompareConst { .. } => true,
        _ => false,
    }
}
