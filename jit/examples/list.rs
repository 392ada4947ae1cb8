fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    struct F(std::path::PathBuf);
    impl bp_compiler::load::Loader for F {
        fn module(&self, name: &str) -> Result<Option<(String, String)>, String> {
            let p = self.0.join(name.replace('.', "/")).with_extension("bp");
            Ok(std::fs::read_to_string(&p).ok().map(|t| (p.display().to_string(), t)))
        }
        fn data(&self, from: &str, file: &str) -> Result<(String, String), String> {
            let p = std::path::Path::new(from).parent().unwrap().join(file);
            std::fs::read_to_string(&p).map(|t| (p.display().to_string(), t)).map_err(|e| e.to_string())
        }
    }
    let folder = std::path::Path::new(&path).parent().unwrap().to_owned();
    let root = bp_compiler::Root { name: "x".into(), path: path.clone(), text };
    let c = bp_compiler::compile(root, &F(folder), bp_compiler::check::Setting::default());
    let p = c.program.unwrap();
    println!(
        "{}",
        bp_bytecode::print::listing(&bp_optimizer::optimize_with(&p, bp_optimizer::Options { keep_notes: false }))
    );
}
