//! A search tree in the form of the program, and the instruction that searches it.

use super::space::{Column, Kind, NONE, NONE_CASE, Space};
use super::tree::{Branch, Graph};
use crate::lower::error::{Limit, Result, next_index};
use crate::lower::expr::Dest;
use crate::lower::function::{Builder, Reg};
use crate::source::Place;
use crate::types::Type;
use bp_bytecode::index::TreeId;
use bp_bytecode::op::{Op, UseWindow};
use bp_bytecode::program::{Node, Tree, TreeInput};
use bp_bytecode::shape::RegType;

/// How many children a node may have that is a table of single values.
const DENSE_MAX: usize = 4096;
/// How many values such a table may hold for each child that a binary search would have.
const DENSE_SPREAD: usize = 8;

impl Builder<'_, '_> {
    /// The number of the leaf that the inputs lead to.
    pub fn search(&mut self, space: &Space, graph: &Graph, leaves: u32, place: Place) -> Result<Reg> {
        if let Branch::Leaf(leaf) = &graph.nodes[graph.root as usize] {
            return self.int(i64::from(*leaf), place);
        }
        // Each column's first input, and the types of the window.
        let (mut firsts, mut types, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        for column in &space.columns {
            firsts.push(inputs.len() as u16);
            match &column.kind {
                Kind::Ordered { domain, .. } => {
                    // Without a domain, `none` is a number of 128 bits.
                    let wide = column.optional && domain.is_none();
                    types.push(if wide { RegType::Wide } else { self.column_type(column, place)? });
                    inputs.push(TreeInput::Number);
                }
                Kind::Text { .. } => {
                    if column.optional {
                        types.push(RegType::Word);
                        inputs.push(TreeInput::Number);
                    }
                    types.push(self.t.text_handle(place)?);
                    inputs.push(TreeInput::Text);
                }
            }
        }
        let first = self.inputs(space, &firsts, &types, place)?;
        let (nodes, root) = self.nodes(space, graph, &firsts);
        let tree = TreeId(next_index(self.t.program.trees.len(), Limit::Trees, place)?);
        self.t.program.trees.push(Tree { inputs, nodes, root, leaves });
        self.value(Dest::Any, RegType::Word, place, |dst| Op::Search { dst, tree, first: UseWindow(first) })
    }

    /// The window of inputs: the columns' own registers, where they stand one behind the other and hold no options.
    fn inputs(&mut self, space: &Space, firsts: &[u16], types: &[RegType], place: Place) -> Result<Reg> {
        let own: Vec<Reg> = space.columns.iter().map(|column| self.local(column.input)).collect();
        let follows = own.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        if let (Some(first), true) = (own.first(), follows && space.columns.iter().all(|column| !column.optional)) {
            return Ok(*first);
        }
        let first = self.window(types)?;
        for (column, input) in space.columns.iter().zip(firsts) {
            self.load_input(column, first + input, place)?;
        }
        Ok(first)
    }

    /// How a column's value is held, without its option.
    fn column_type(&mut self, column: &Column, place: Place) -> Result<RegType> {
        match self.t.base(&self.locals[column.input.index()].ty).clone() {
            Type::Option(of) => self.t.stored(&of, place),
            ty => self.t.in_between(&ty, place),
        }
    }

    fn load_input(&mut self, column: &Column, reg: Reg, place: Place) -> Result<()> {
        let input = self.local(column.input);
        let Type::Option(of) = self.t.base(&self.locals[column.input.index()].ty).clone() else {
            return self.convert(reg, input, place);
        };
        let (nothing, end) = (self.label(), self.label());
        match &column.kind {
            Kind::Ordered { domain, .. } => {
                self.unsome_into(reg, input, &of, nothing, place)?;
                self.jump(end, place)?;
                self.here(nothing);
                self.set_number(reg, if domain.is_some() { i128::from(NONE_CASE) } else { NONE }, place)?;
            }
            Kind::Text { .. } => {
                self.unsome_into(reg + 1, input, &of, nothing, place)?;
                self.set_number(reg, 1, place)?;
                self.jump(end, place)?;
                self.here(nothing);
                self.set_number(reg, 0, place)?;
                // Nobody looks at it.
                self.constant(&crate::typed::Constant::Text("".into()), &Type::Text, Dest::Into(reg + 1), place)?;
            }
        }
        self.here(end);
        Ok(())
    }

    /// The nodes of a graph, in which children stand before their parents.
    fn nodes(&mut self, space: &Space, graph: &Graph, firsts: &[u16]) -> (Vec<Node>, u32) {
        let mut nodes = Vec::with_capacity(graph.nodes.len());
        let mut numbers: Vec<u32> = Vec::with_capacity(graph.nodes.len());
        for branch in &graph.nodes {
            let node = match branch {
                Branch::Leaf(leaf) => Node::Leaf(*leaf),
                Branch::Split { column, starts, children } => {
                    let (input, column) = (firsts[*column], &space.columns[*column]);
                    let children: Vec<u32> = children.iter().map(|child| numbers[*child as usize]).collect();
                    match &column.kind {
                        Kind::Ordered { edges, domain } => ordered(input, edges, *domain, starts, children),
                        Kind::Text { keys } => {
                            let child_of =
                                |atom: usize| children[starts.partition_point(|start| *start as usize <= atom) - 1];
                            let otherwise = child_of(keys.len());
                            let told = (0..keys.len()).filter(|atom| child_of(*atom) != otherwise);
                            let (mut ids, mut targets) = (Vec::new(), Vec::new());
                            for atom in told {
                                ids.push(self.t.text(&keys[atom]));
                                targets.push(child_of(atom));
                            }
                            let texts = Node::Text {
                                input: input + u16::from(column.optional),
                                keys: ids,
                                children: targets,
                                otherwise,
                            };
                            if column.optional {
                                let nothing = child_of(keys.len() + 1);
                                nodes.push(texts);
                                let texts = nodes.len() as u32 - 1;
                                Node::Dense { input, low: 0, children: vec![nothing, texts] }
                            } else {
                                texts
                            }
                        }
                    }
                }
            };
            nodes.push(node);
            numbers.push(nodes.len() as u32 - 1);
        }
        (nodes, numbers[graph.root as usize])
    }
}

fn ordered(input: u16, edges: &[i128], domain: Option<(i64, usize)>, starts: &[u32], children: Vec<u32>) -> Node {
    let edges: Vec<i128> = starts[1..].iter().map(|start| edges[*start as usize - 1]).collect();
    let child_of = |value: i128| children[edges.partition_point(|edge| *edge <= value)];
    if let Some((low, count)) = domain.filter(|(_, count)| *count <= DENSE_MAX) {
        let children = (0..count).map(|k| child_of(i128::from(low) + k as i128)).collect();
        return Node::Dense { input, low, children };
    }
    if let (Some(from), Some(to)) = (edges.first(), edges.last())
        && let (Ok(low), Ok(size)) = (i64::try_from(*from), usize::try_from(to.saturating_sub(*from)))
        && size < DENSE_MAX.min(DENSE_SPREAD * children.len())
        && children.first() == children.last()
    {
        let mut table: Vec<u32> = (*from..*to).map(child_of).collect();
        table.extend(children.last());
        return Node::Dense { input, low, children: table };
    }
    Node::Range { input, edges, children }
}
