//! Commands as a person at the host gives them.

use crate::support::{Backend, Program};

#[test]
fn the_demo_goes_where_it_is_told() {
    let program = Program::new(Backend::Embedded);
    let run = |arguments: &[&str]| {
        let mut command = program.command(arguments);
        // Only what is said on the command line counts here.
        command.env_remove("CANCER_REGISTRY_DATA");
        command.output().unwrap()
    };
    let small = ["demo", "--cases", "3", "--no-serve", "--json"];
    for (data, place) in [
        (vec!["--data", "./registry-data"], "registry-data"),
        (vec!["--data", "elsewhere"], "elsewhere"),
        (vec![], "registry-demo"),
    ] {
        let output = run(&[small.as_slice(), data.as_slice()].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{data:?} {said} {}", String::from_utf8_lossy(&output.stderr));
        assert!(program.folder().join(place).join("practice.json").is_file(), "{data:?} {said}");
        assert!(program.folder().join(place).join("registry.db").is_file(), "{data:?}");
    }
    // A directory with real data is not taken over, wherever it is.
    program.init();
    let data = program.data();
    let refused = run(&["demo", "--no-serve", "--data", data.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("was not made by `demo`"));
    assert!(!data.join("practice.json").exists());
}
