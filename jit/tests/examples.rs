//! All tests of the example programs, in both engines: the same results, expectations, costs and books.

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_bytecode::op::Op;
use bp_bytecode::program::Function;
use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_compiler::{Root, compile};
use bp_jit::{Fallback, Jit, Runner};
use bp_optimizer::optimize;
use bp_vm::{Limits, MemoryWorld, Vm};
use std::path::{Path, PathBuf};

struct Folder(PathBuf);

impl Loader for Folder {
    fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let path = self.0.join(name.replace('.', "/")).with_extension("bp");
        let own = std::fs::read_to_string(&path).ok().map(|text| (path.display().to_string(), text));
        Ok(own.or_else(|| bp_stdlib::module(name).map(|(path, text)| (path.to_owned(), text.to_owned()))))
    }

    fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
        let path = Path::new(from).parent().unwrap().join(file);
        std::fs::read_to_string(&path).map(|text| (path.display().to_string(), text)).map_err(|e| e.to_string())
    }
}

/// 2026-01-01T00:00Z
const CLOCK: i64 = 1_767_225_600;

fn examples() -> Vec<(PathBuf, Program)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut all = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(files) = std::fs::read_dir(&folder) else { continue };
        for path in files.map(|file| file.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "bp") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let root = Root { name, path: path.display().to_string(), text };
            let compiled = compile(root, &Folder(folder.clone()), Setting::default());
            match compiled.program {
                Some(program) => all.push((path, program)),
                None => panic!("{}: {:?}", path.display(), compiled.diagnostics),
            }
        }
    }
    all
}

fn world(program: &Program) -> MemoryWorld {
    let mut world = MemoryWorld::new(program);
    world.set_now(CLOCK);
    world.keep_entries(true);
    world
}

#[test]
fn every_test_of_every_example_agrees() {
    let (mut native, mut back, mut tests) = (0, vec![0; Fallback::ALL.len()], 0);
    for (path, program) in examples() {
        let optimized = optimize(&program);
        for code in [&program, &optimized] {
            let jit = Jit::new(&program, code).unwrap();
            // What keeps documents, holds or lots, or waits, is the interpreter's, and so is what closes a period.
            if program.entities.is_empty() && program.points.is_empty() {
                let closes = |function: &Function| function.code.iter().any(|op| matches!(op, Op::ClosePeriod { .. }));
                let left = (0..).zip(&program.functions).find(|(at, f)| !jit.is_native(FuncId(*at)) && !closes(f));
                assert_eq!(left, None, "{}: a function left to the interpreter", path.display());
            }
            let mut runner = Runner::new(&jit);
            for test in &program.tests {
                let title = &program.texts[test.title.index()];
                let (mut vm, mut books) = (Vm::new(&program, Limits::default()), world(&program));
                let verdict = vm.call(test.func, &[], &mut books);
                let (mut again, mut books_again) = (Vm::new(&program, Limits::default()), world(&program));
                let result = runner.call(&mut again, test.func, &[], &mut books_again);
                assert_eq!(result, verdict, "{}: {title}", path.display());
                assert_eq!(again.unmet(), vm.unmet(), "{}: {title}", path.display());
                assert_eq!(again.cost_left(), vm.cost_left(), "{}: {title}: cost", path.display());
                assert_eq!(books_again.entries_kept(), books.entries_kept(), "{}: {title}", path.display());
                tests += 1;
            }
            native += runner.native_calls();
            for (count, why) in back.iter_mut().zip(Fallback::ALL) {
                *count += runner.fallbacks(why);
            }
        }
    }
    eprintln!("{tests} tests, {native} of them native; given back: {back:?} of {:?}", Fallback::ALL);
    assert!(native > 0);
}

/// Each function without parameters, and the `where`s and defaults among them.
#[test]
fn every_function_without_parameters_agrees() {
    for (path, program) in examples() {
        let jit = Jit::new(&program, &program).unwrap();
        let mut runner = Runner::new(&jit);
        for (at, function) in program.functions.iter().enumerate().filter(|(_, function)| function.params == 0) {
            let func = FuncId(at as u32);
            let (mut vm, mut books) = (Vm::new(&program, Limits::default()), world(&program));
            let verdict = vm.call(func, &[], &mut books);
            let (mut again, mut books_again) = (Vm::new(&program, Limits::default()), world(&program));
            let result = runner.call(&mut again, func, &[], &mut books_again);
            match function.result {
                bp_bytecode::shape::RegType::Handle(shape) => {
                    let value = |vm: &Vm<'_>, result: &Result<i128, _>| {
                        result.as_ref().map(|handle| vm.get_value(shape, *handle as u64)).map_err(Clone::clone)
                    };
                    assert_eq!(value(&again, &result), value(&vm, &verdict), "{}", path.display());
                }
                _ => assert_eq!(result, verdict, "{}", path.display()),
            }
        }
    }
}
