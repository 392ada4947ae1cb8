//! `bp explain`.

mod common;

use common::Folder;

#[test]
fn a_code_is_explained_however_it_is_written() {
    let folder = Folder::new();
    let whole = folder.bp("explain BP0501");
    whole.is(0, &["BP0501: nothing rounds in silence", "    fn tax(gross", "Mended:", "are\nsaid."]);
    assert!(!whole.out.contains("```") && !whole.out.contains("]("), "{}", whole.out);
    for same in ["bp0501", "0501", "501"] {
        assert_eq!(folder.bp(&format!("explain {same}")).out, whole.out);
    }
    folder.bp("explain 206").is(0, &["bad.csv:\n    rate\n"]);
}

#[test]
fn all_codes_are_listed() {
    let ran = Folder::new().bp("explain --list");
    ran.is(0, &["BP0101  error    something else was expected", "BP0613  warning  a row that nothing reaches"]);
    for line in ran.out.lines() {
        Folder::new().bp(&format!("explain {}", &line[..6])).is(0, &[&line[..6]]);
    }
}

#[test]
fn what_is_no_code_is_refused() {
    let folder = Folder::new();
    folder.bp("explain 520").is(2, &["there is no code BP0520; the nearest is BP05"]);
    folder.bp("explain BP5001").is(2, &["the nearest is BP0"]);
    for given in ["round", "BP", "99999999999999999999", "BPé"] {
        folder.bp(&format!("explain {given}")).is(2, &["is no code", "bp explain --list"]);
    }
    folder.bp("explain").is(2, &["CODE"]);
}
