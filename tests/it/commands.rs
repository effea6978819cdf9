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

#[test]
fn init_makes_both_keys_so_that_they_can_be_put_away() {
    let program = Program::new(Backend::Embedded);
    let told = program.init();
    let (key, recovery) = (told["keyFile"].as_str().unwrap(), told["recoveryKeyFile"].as_str().unwrap());
    let text = |file: &str| std::fs::read_to_string(file).unwrap();
    assert_ne!(text(key), text(recovery));
    #[cfg(unix)]
    for file in [key, recovery] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    // What was put away opens a backup on a machine that has nothing else.
    let away = program.folder().join("put-away.key");
    std::fs::copy(recovery, &away).unwrap();
    let backup = program.folder().join("backup");
    let (away, backup) = (away.to_str().unwrap(), backup.to_str().unwrap());
    assert_eq!(program.json(["backup", backup])["ok"], true);
    assert_eq!(text(recovery), text(away), "the key of init is the one that backup uses");
    let bare = program.folder().join("bare");
    let restored =
        program.json(["restore", backup, "--recovery-key", away, "--data", bare.to_str().unwrap()]);
    assert_eq!(restored["ok"], true);
    assert!(!bare.join("registry.restoring.lock").exists());
    assert_eq!(program.json(["check", "--data", bare.to_str().unwrap()])["ok"], true);
    // The words for a person name both.
    let other = program.folder().join("other");
    let output = program.run([
        "init",
        "--facility",
        "Second Hospital",
        "--zone",
        "America/Chicago",
        "--admin-email",
        "ada@hospital.example",
        "--data",
        other.to_str().unwrap(),
    ]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("registry.key") && said.contains("recovery.key"), "{said}");
}

#[test]
fn a_reader_that_has_had_enough_gets_no_panic() {
    use std::{io::Read, process::Stdio};
    let program = Program::new(Backend::Embedded);
    let mut command = program.command(["config", "show"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(3), ""));
}

#[test]
fn a_short_command_ends_well_every_time() {
    let program = Program::new(Backend::Embedded);
    program.init();
    for nth in 0..10 {
        let output = program.run(["user", "list"]);
        assert_eq!(output.status.code(), Some(0), "{nth}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_cancer_pathchart_table_is_brought_in_or_refused_with_its_line() {
    for backend in crate::support::backends() {
        let program = Program::new(backend);
        program.init();
        assert!(program.json(["tables", "list"])["pathchart"].is_null());
        let file = program.folder().join("chart.csv");
        std::fs::write(
            &file,
            "Key,C_Site,Hist,Behavior,CPC2024B,CPC2025B\n1,C504,8500,3,1,1\n2,C504,9440,3,3,3\n",
        )
        .unwrap();
        let path = file.to_str().unwrap();
        let told = program.json(["tables", "import-pathchart", path]);
        assert_eq!((told["pairs"].as_u64(), told["lastYear"].as_i64()), (Some(2), Some(2025)));
        let list = program.json(["tables", "list"]);
        assert_eq!(list["pathchart"]["file"], "chart.csv");
        std::fs::write(&file, "Key,C_Site,Hist,Behavior,CPC2024B\n1,C504,8500,3,1\n2,C999,9440,3,3\n")
            .unwrap();
        let refused = program.run(["tables", "import-pathchart", path]);
        assert_eq!(refused.status.code(), Some(1));
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(why.contains("line 3") && why.contains("C999"), "{why}");
        assert_eq!(program.json(["tables", "list"]), list, "the table before still stands");
    }
}
