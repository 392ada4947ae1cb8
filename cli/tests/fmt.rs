//! `bp fmt`.

mod common;

use common::{Folder, bp};

const LOOSE: &str = "// kept\nfn  a( x:Int )->Int=x+1 // this too\n\n\n\nfn b() -> Int = 2\n";
const NEAT: &str = "fn b() -> Int = 2\n";

#[test]
fn only_changed_files_are_written() {
    let folder = Folder::new();
    folder.file("loose.bp", LOOSE).file("sub/neat.bp", NEAT);
    let time = || std::fs::metadata(folder.path().join("sub/neat.bp")).unwrap().modified().unwrap();
    let before = time();
    let ran = folder.bp("fmt");
    ran.is(0, &["1 of 2 files laid out anew"]);
    assert_eq!(ran.out, "loose.bp\n");
    let text = folder.read("loose.bp");
    assert!(text.starts_with("// kept\nfn a(x: Int) -> Int = x + 1"), "{text}");
    assert!(text.contains("// this too") && text.ends_with("\n\nfn b() -> Int = 2\n"), "{text}");
    assert_eq!((folder.read("sub/neat.bp").as_str(), time()), (NEAT, before));
    folder.bp("fmt").is(0, &["0 of 2 files"]);
}

#[test]
fn check_lists_and_writes_nothing() {
    let folder = Folder::new();
    folder.file("loose.bp", LOOSE).file("neat.bp", NEAT);
    let ran = folder.bp("fmt --check");
    ran.is(1, &["1 of 2 files would be laid out anew"]);
    assert_eq!((ran.out.as_str(), folder.read("loose.bp").as_str()), ("loose.bp\n", LOOSE));
    folder.bp("fmt --check neat.bp").is(0, &["0 of 1 file"]);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    folder.file("loose.bp", LOOSE);
    folder.bp("fmt loose.bp").is(0, &[]);
    let ran = bp(folder.path(), "fmt -", LOOSE);
    assert_eq!((ran.status, ran.out), (0, folder.read("loose.bp")));
    assert_eq!(bp(folder.path(), "fmt - --check", LOOSE).status, 1);
    assert_eq!(bp(folder.path(), "fmt --check -", NEAT).status, 0);
    bp(folder.path(), "fmt - loose.bp", NEAT).is(2, &["`-` is standard input"]);
}

#[test]
fn what_has_errors_stays_and_the_rest_is_laid_out() {
    let folder = Folder::new();
    folder.file("half.bp", "fn  a( x = = ) oh\n\nfn  b( )->Int=2\n");
    folder.bp("fmt half.bp").is(0, &["1 of 1 file"]);
    let text = folder.read("half.bp");
    assert!(text.contains("fn  a( x = = ) oh\n") && text.contains("fn b() -> Int = 2\n"), "{text}");
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_are_laid_out() {
    let folder = Folder::new();
    folder.file("latin.bp", b"// J\xfcrgen\n").file("loose.bp", LOOSE);
    folder.bp("fmt").is(1, &["cannot read latin.bp: it is not UTF-8", "1 of 2 files laid out anew"]);
    folder.bp("fmt nothing.bp").is(3, &["cannot read nothing.bp"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
