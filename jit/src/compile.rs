//! A program's functions, compiled into one module.

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{AbiParam, FuncRef, Function, Signature, UserFuncName};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module, ModuleError, default_libcall_names};

use crate::Error;
use crate::plan::Plan;
use crate::rows::RowWidths;
use crate::shims;
use crate::tables::Tables;
use crate::translate::{Link, Translator};

/// A module and where its functions are.
pub(crate) struct Compiled {
    pub module: JITModule,
    pub tables: Tables,
    /// For each function: without a check of its arguments, and with.
    pub plain: HashMap<FuncId, cranelift_module::FuncId>,
    pub checked: HashMap<FuncId, cranelift_module::FuncId>,
    /// Processes that run many rows in one call.
    pub rows: Vec<(FuncId, cranelift_module::FuncId, RowWidths)>,
    /// The bytes of code.
    pub bytes: usize,
}

/// What a function is compiled as.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    Checked,
    Rows(RowWidths),
}

impl From<ModuleError> for Error {
    fn from(error: ModuleError) -> Error {
        Error(error.to_string())
    }
}

/// Compiles these functions, those that they call, for `checked` a version that checks its arguments, and for `rows` one
/// that runs many rows, if that can be.
pub(crate) fn compile(
    program: &Program,
    plan: &Plan,
    roots: &[FuncId],
    checked: &[FuncId],
    rows: &[(FuncId, RowWidths)],
) -> Result<Compiled, Error> {
    let flags = [("opt_level", "speed"), ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })];
    let mut builder = JITBuilder::with_flags(&flags, default_libcall_names())?;
    for (name, address) in shims::ALL {
        builder.symbol(name, address);
    }
    let mut module = JITModule::new(builder);
    let shims = declare_shims(&mut module)?;
    let signature = entry_signature(&module);
    let tables = Tables::default();
    let linker = Linker { signature, module, tables, plain: HashMap::new(), open: Vec::new(), error: None };
    let mut compiler = Compiler { program, plan, shims, linker, context: FunctionBuilderContext::new(), bytes: 0 };
    let (mut checked_ids, mut row_ids) = (HashMap::new(), Vec::new());
    for root in roots {
        compiler.linker.declare(*root)?;
    }
    for root in checked {
        let id = compiler.linker.module.declare_anonymous_function(&compiler.linker.signature)?;
        compiler.define(*root, id, Form::Checked)?;
        checked_ids.insert(*root, id);
    }
    for (root, widths) in rows {
        let id = compiler.linker.module.declare_anonymous_function(&compiler.linker.signature)?;
        if compiler.define(*root, id, Form::Rows(*widths))? {
            row_ids.push((*root, id, *widths));
        }
    }
    while let Some((func, id)) = compiler.linker.open.pop() {
        compiler.define(func, id, Form::Plain)?;
    }
    let Compiler { mut linker, bytes, .. } = compiler;
    linker.module.finalize_definitions()?;
    let Linker { module, tables, plain, .. } = linker;
    Ok(Compiled { module, tables, plain, checked: checked_ids, rows: row_ids, bytes })
}

fn entry_signature(module: &JITModule) -> Signature {
    let mut signature = module.make_signature();
    signature.params.extend([AbiParam::new(I64), AbiParam::new(I64)]);
    signature.returns.push(AbiParam::new(I64));
    signature
}

fn declare_shims(module: &mut JITModule) -> Result<Vec<cranelift_module::FuncId>, Error> {
    let mut all = Vec::new();
    for (name, _) in shims::ALL {
        let mut signature = module.make_signature();
        signature.params.push(AbiParam::new(I64));
        match name {
            "bp_op" => signature.params.extend([AbiParam::new(I32), AbiParam::new(I32)]),
            _ => signature.params.push(AbiParam::new(I64)),
        }
        signature.returns.push(AbiParam::new(I64));
        all.push(module.declare_function(name, Linkage::Import, &signature)?);
    }
    Ok(all)
}

/// The module that is being filled.
struct Linker {
    signature: Signature,
    module: JITModule,
    tables: Tables,
    plain: HashMap<FuncId, cranelift_module::FuncId>,
    /// Declared and not yet defined.
    open: Vec<(FuncId, cranelift_module::FuncId)>,
    error: Option<Error>,
}

impl Linker {
    fn declare(&mut self, func: FuncId) -> Result<cranelift_module::FuncId, Error> {
        if let Some(id) = self.plain.get(&func) {
            return Ok(*id);
        }
        let id = self.module.declare_anonymous_function(&self.signature)?;
        self.plain.insert(func, id);
        self.open.push((func, id));
        Ok(id)
    }
}

impl Link for Linker {
    fn function(&mut self, func: FuncId, from: &mut Function) -> Option<FuncRef> {
        match self.declare(func) {
            Ok(id) => Some(self.module.declare_func_in_func(id, from)),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }
}

struct Compiler<'a> {
    program: &'a Program,
    plan: &'a Plan,
    shims: Vec<cranelift_module::FuncId>,
    linker: Linker,
    context: FunctionBuilderContext,
    bytes: usize,
}

impl Compiler<'_> {
    /// Says whether the function can have that form.
    fn define(&mut self, func: FuncId, id: cranelift_module::FuncId, form: Form) -> Result<bool, Error> {
        let mut ctx = self.linker.module.make_context();
        ctx.func.signature = self.linker.signature.clone();
        ctx.func.name = UserFuncName::user(0, id.as_u32());
        let module = &mut self.linker.module;
        let shims = std::array::from_fn(|at| module.declare_func_in_func(self.shims[at], &mut ctx.func));
        let config = module.target_config();
        let builder = FunctionBuilder::new(&mut ctx.func, &mut self.context);
        let translator = Translator::new(self.program, self.plan, &mut self.linker, shims, builder);
        let (built, can_be) = match form {
            Form::Plain => (translator.function(func, false), true),
            Form::Checked => (translator.function(func, true), true),
            Form::Rows(widths) => translator.rows(func, widths),
        };
        built.finalize(config);
        if let Some(error) = self.linker.error.take() {
            return Err(error);
        }
        if can_be {
            self.linker.module.define_function(id, &mut ctx).map_err(|error| Error(format!("{error:?}")))?;
            self.bytes += ctx.compiled_code().map_or(0, |code| code.code_buffer().len());
        }
        Ok(can_be)
    }
}
