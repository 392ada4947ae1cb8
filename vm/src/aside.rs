//! What the loop hands over: decisions, comparisons of whole values, and what a stop has to say.

use bp_bytecode::index::{CheckId, DecisionId, PlaceId, ShapeId, TreeId};
use bp_bytecode::op::{Op, Stop};
use bp_bytecode::program::{Function, Node, TreeInput};
use bp_bytecode::shape::Shape;

use crate::fault::{FaultKind, Raise};
use crate::shaped::{compare, weigh};
use crate::trace::Event;
use crate::vm::{Outside, Vm};

impl Vm<'_> {
    /// The number of the leaf that the inputs lead to.
    #[inline]
    pub(crate) fn search(&self, tree: TreeId, inputs: &[i128]) -> Result<i128, Raise> {
        let tree = &self.program.trees[tree.index()];
        let mut node = tree.root as usize;
        loop {
            let child = match &tree.nodes[node] {
                Node::Leaf(leaf) => return Ok(i128::from(*leaf)),
                Node::Range { input, edges, children } => {
                    let value = inputs[usize::from(*input)];
                    children.get(edges.partition_point(|edge| *edge <= value))
                }
                Node::Dense { input, low, children } => {
                    let place = inputs[usize::from(*input)].checked_sub(i128::from(*low));
                    let place = place.and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX);
                    children.get(place).or(children.last())
                }
                Node::Text { input, keys, children, otherwise } => {
                    debug_assert_eq!(tree.inputs.get(usize::from(*input)), Some(&TreeInput::Text));
                    let text = self.heap.text(inputs[usize::from(*input)] as u64);
                    match keys.binary_search_by(|key| self.program.texts[key.index()].as_str().cmp(text)) {
                        Ok(place) => children.get(place),
                        Err(_) => Some(otherwise),
                    }
                }
            };
            match child {
                Some(child) => node = *child as usize,
                None => return Err(Box::new(FaultKind::Unreachable)),
            }
        }
    }

    #[cold]
    pub(crate) fn halt(&self, why: Stop, detail: u16) -> FaultKind {
        let decision = DecisionId(detail);
        let name = || {
            let decision = self.program.decisions.get(decision.index());
            let name = decision.and_then(|decision| self.program.texts.get(decision.name.index()));
            name.map_or("", String::as_str).into()
        };
        match why {
            Stop::NoRow => FaultKind::NoRow { decision, name: name() },
            Stop::SeveralRows => FaultKind::SeveralRows { decision, name: name() },
            Stop::Assertion => FaultKind::Assertion,
            Stop::Unreachable => FaultKind::Unreachable,
            Stop::RunFailed => FaultKind::RunFailed,
            Stop::RunWaits => FaultKind::RunWaits,
            Stop::Unhandled => {
                let name = self.program.texts.get(usize::from(detail)).map_or("", String::as_str);
                FaultKind::Unhandled { failure: name.into() }
            }
            Stop::Transition => {
                let entity = self.program.entities.get(usize::from(detail));
                let name = entity.and_then(|entity| self.program.texts.get(entity.name.index()));
                FaultKind::Transition { entity: name.map_or("document", String::as_str).into() }
            }
        }
    }

    #[cold]
    pub(crate) fn matched(&self, decision: DecisionId, row: i128, outside: &mut Outside<'_>) {
        let row = row as i64;
        let rows = self.program.decisions.get(decision.index()).map_or(&[][..], |decision| &decision.rows);
        let place = usize::try_from(row).ok().and_then(|row| rows.get(row).copied()).unwrap_or(PlaceId(0));
        if let Some(coverage) = &self.coverage {
            coverage.fit(decision, row);
        }
        outside.tracer.event(Event::DecisionRow { decision, row, place });
    }

    /// Compares two handles of one shape.
    pub(crate) fn equal(&mut self, shape: ShapeId, a: u64, b: u64) -> Result<bool, Raise> {
        if a == b {
            return Ok(true);
        }
        self.weigh(shape, a)?;
        self.weigh(shape, b)?;
        Ok(compare(self.program, &self.heap, shape, a, b).is_eq())
    }

    /// Takes the size of a value from the budget of work.
    pub(crate) fn weigh(&mut self, shape: ShapeId, slot: u64) -> Result<(), Raise> {
        weigh(self.program, &self.heap, shape, slot, &mut self.work).ok_or_else(|| Box::new(FaultKind::CostSpent))
    }

    /// The numbers of a list's elements in order; equal ones stay in the order they stand in.
    pub(crate) fn sort_order(&mut self, shape: ShapeId, keys: u64, descending: bool) -> Result<u64, Raise> {
        let Shape::List(element) = &self.program.shapes[shape.index()] else {
            return Err(Box::new(FaultKind::Unreachable));
        };
        let len = self.heap.list_len(keys);
        // Every level of sorting looks at every element; the first one is paid for by weighing.
        let before = self.work;
        self.weigh(shape, keys)?;
        let weight = (before - self.work) as usize;
        self.works(weight.saturating_mul((usize::BITS - len.leading_zeros()) as usize))?;
        let mut order: Vec<u64> = (0..len as u64).collect();
        let elements = self.heap.elements(keys);
        order.sort_by(|a, b| {
            let (a, b) = (elements[*a as usize], elements[*b as usize]);
            let order = compare(self.program, &self.heap, *element, a, b);
            if descending { order.reverse() } else { order }
        });
        self.heap.list(&order)
    }

    /// The value that a `check` is about, for people, if the instruction before asked its function.
    #[cold]
    pub(crate) fn shown_subject(
        &self,
        function: &Function,
        pc: usize,
        check: CheckId,
        registers: &[i128],
    ) -> Option<String> {
        let asked = self.program.checks.get(check.index())?.func;
        match function.code.get(pc.checked_sub(2)?)? {
            Op::Call { func, first, .. } if *func == asked => {
                let ty = function.registers.get(usize::from(first.0)).copied();
                Some(self.show(ty, *registers.get(usize::from(first.0))?))
            }
            _ => None,
        }
    }
}
