//! The conditions of records that come from outside.

use bp_bytecode::border;
use bp_bytecode::index::ShapeId;
use bp_bytecode::shape::Shape;

use crate::fault::Fault;
use crate::trace::Untraced;
use crate::values;
use crate::vm::{Outside, Vm};
use crate::words::Fast;
use crate::world::World;

impl<'p> Vm<'p> {
    /// Checks what the `where`s of a record's fields say, of the records in it too. Values of other shapes pass.
    pub fn check(&mut self, shape: ShapeId, slot: u64, world: &mut dyn World) -> Result<(), Fault> {
        if let Some(fast) = self.fast
            && self.passes(fast, shape, slot, world)
        {
            return Ok(());
        }
        // Which condition is violated is for the program as written to say.
        self.check_as_written(shape, slot, world)
    }

    fn check_as_written(&mut self, shape: ShapeId, slot: u64, world: &mut dyn World) -> Result<(), Fault> {
        let program = self.program;
        let Shape::Record(record) = &program.shapes[shape.index()] else {
            let parts = self.parts(shape, slot);
            return parts.into_iter().try_for_each(|(shape, slot)| self.check_as_written(shape, slot, world));
        };
        for (at, field) in record.fields.iter().enumerate() {
            let inner = self.heap.slot(slot, at);
            self.check_as_written(field.shape, inner, world)?;
            for check in &field.checks {
                let func = program.checks[check.index()].func;
                let outside = &mut Outside { world: &mut *world, tracer: &mut Untraced };
                if self.enter::<false>(func, &[slot], outside)? != 1 {
                    let value = values::value_of(program, &self.heap, field.shape, inner);
                    let shown = border::display(program, field.shape, &value);
                    return Err(self.fault_at_start(func, *self.violation(*check, Some(shown))));
                }
            }
        }
        Ok(())
    }

    /// Do all conditions hold, by the fast form of their functions?
    fn passes(&mut self, fast: &'p Fast, shape: ShapeId, slot: u64, world: &mut dyn World) -> bool {
        if !fast.holds_checks[shape.index()] {
            return true;
        }
        let Shape::Record(record) = &self.program.shapes[shape.index()] else {
            let parts = self.parts(shape, slot);
            return parts.into_iter().all(|(shape, slot)| self.passes(fast, shape, slot, world));
        };
        let parts = if fast.parts_hold_checks[shape.index()] { record.fields.as_slice() } else { &[] };
        for (at, field) in parts.iter().enumerate() {
            if fast.holds_checks[field.shape.index()] {
                let inner = self.heap.slot(slot, at);
                if !self.passes(fast, field.shape, inner, world) {
                    return false;
                }
            }
        }
        self.all_hold(fast, &fast.checks[shape.index()], slot, world)
    }

    /// What a value that is no record is made of.
    fn parts(&self, shape: ShapeId, slot: u64) -> Vec<(ShapeId, u64)> {
        match &self.program.shapes[shape.index()] {
            Shape::Variant(cases) => {
                let case = self.heap.slot(slot, 0) as usize;
                let fields = cases.cases[case].fields.iter().enumerate();
                fields.map(|(at, field)| (field.shape, self.heap.slot(slot, at + 1))).collect()
            }
            Shape::List(element) => self.heap.elements(slot).iter().map(|slot| (*element, *slot)).collect(),
            Shape::Map(key, value) => {
                let (keys, values) = self.heap.map_contents(slot);
                keys.into_iter().zip(values).flat_map(|(k, v)| [(*key, k), (*value, v)]).collect()
            }
            Shape::Option(inner) if slot != 0 => vec![(*inner, self.heap.slot(slot, 0))],
            _ => Vec::new(),
        }
    }
}
