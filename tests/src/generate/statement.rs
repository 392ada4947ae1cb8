//! Statements of a body.

use super::{Maker, Name, Ty};

impl Maker<'_> {
    /// Statements, and at the end a value of the result's type.
    pub(super) fn body(&mut self, result: &Ty, depth: usize) {
        let names = self.names.len();
        for _ in 0..1 + self.below(5) {
            self.statement(Some(result), depth);
        }
        let value = self.value(result);
        self.line(depth, &format!("return {value}"));
        self.names.truncate(names);
    }

    /// A block of statements; names inside end with it.
    fn block(&mut self, result: Option<&Ty>, depth: usize) {
        let names = self.names.len();
        for _ in 0..1 + self.below(2) {
            self.statement(result, depth);
        }
        self.names.truncate(names);
    }

    /// A statement; `result` is what a `return` in it has to give, if there may be one.
    pub(super) fn statement(&mut self, result: Option<&Ty>, depth: usize) {
        let vars: Vec<Name> = self.names.iter().filter(|name| name.is_var).cloned().collect();
        let var = (!vars.is_empty()).then(|| vars[self.random.below(vars.len())].clone());
        match (self.below(9), var) {
            (0 | 1, _) => {
                self.uses("let");
                let (name, ty) = (self.fresh("x"), self.ty(1));
                let value = self.value(&ty);
                self.line(depth, &format!("let {name}: {} = {value}", ty.written()));
                self.names.push(Name { name, ty, is_var: false });
            }
            (2, _) => {
                self.uses("var");
                let (name, ty) = (self.fresh("v"), self.ty(1));
                let value = self.value(&ty);
                self.line(depth, &format!("var {name}: {} = {value}", ty.written()));
                self.names.push(Name { name, ty, is_var: true });
            }
            (3 | 4, Some(Name { name, ty, .. })) => {
                self.uses("assignment");
                match &ty {
                    Ty::List(inner) => {
                        let value = self.value(inner);
                        self.line(depth, &format!("add {value} to {name}"));
                    }
                    ty => {
                        let value = self.value(ty);
                        self.line(depth, &format!("{name} = {value}"));
                    }
                }
            }
            (5, _) => {
                self.uses("if");
                let condition = self.value(&Ty::Bool);
                self.line(depth, &format!("if {condition} {{"));
                match result.filter(|_| self.one_in(3)).cloned() {
                    Some(result) => {
                        self.uses("early return");
                        let value = self.value(&result);
                        self.line(depth + 1, &format!("return {value}"));
                    }
                    None if self.loops > 0 && self.one_in(3) => self.line(depth + 1, "break"),
                    None => {
                        self.block(result, depth + 1);
                        if self.one_in(2) {
                            self.line(depth, "} else {");
                            self.block(result, depth + 1);
                        }
                    }
                }
                self.line(depth, "}");
            }
            (6, _) if self.loops < 2 => {
                self.uses("for");
                let element = self.fresh("i");
                let (over, ty) = match self.one_in(2) {
                    true => (format!("[1..{}]", 1 + self.below(10)), Ty::Int),
                    false => {
                        let ty = self.ty(0);
                        (self.expression(&Ty::List(Box::new(ty.clone())), 2), ty)
                    }
                };
                self.line(depth, &format!("for {element} in {over} {{"));
                self.names.push(Name { name: element, ty, is_var: false });
                self.loops += 1;
                self.block(result, depth + 1);
                self.loops -= 1;
                self.names.pop();
                self.line(depth, "}");
            }
            (7, _) => {
                self.uses("match of an option");
                let ty = self.ty(0);
                let option = self.expression(&Ty::Option(Box::new(ty.clone())), 2);
                let name = self.fresh("m");
                self.line(depth, &format!("match {option} {{"));
                self.line(depth + 1, &format!("some({name}) => {{"));
                self.names.push(Name { name, ty, is_var: false });
                self.block(result, depth + 2);
                self.names.pop();
                self.line(depth + 1, "}");
                self.line(depth + 1, "none => {}");
                self.line(depth, "}");
            }
            (8, _) => {
                self.uses("match with payloads");
                let shape = self.expression(&Ty::Shape, 2);
                let (name, value) = (self.fresh("x"), self.fresh("r"));
                let otherwise = self.expression(&Ty::Int, 2);
                self.line(depth, &format!("let {name} = match {shape} {{"));
                self.line(depth + 1, &format!("Circle({value}) => {value} * {value}"));
                self.line(depth + 1, &format!("Box({value}, _) => {value}"));
                self.line(depth + 1, &format!("Point => {otherwise}"));
                self.line(depth, "}");
                self.names.push(Name { name, ty: Ty::Int, is_var: false });
            }
            _ => {}
        }
    }
}
