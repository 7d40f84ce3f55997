use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// A home with a registry, and a workshop to install from.
struct Bench {
    _home: tempfile::TempDir,
    registry: Registry,
    folder: PathBuf,
    workshop: PathBuf,
}

fn bench() -> Bench {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().canonicalize().unwrap();
    let (folder, workshop) = (root.join("workloads"), root.join("workshop"));
    fs::create_dir(&workshop).unwrap();
    Bench { registry: Registry::open(&folder), folder, workshop, _home: home }
}

fn manifest_of(name: &str, version: &str, component: &str) -> String {
    format!(
        "name: {name}\nversion: {version}\ndescription: A test.\n\
         package: {{component: {component}, contract: 'haymaker:workload@0.1'}}\n"
    )
}

impl Bench {
    /// Lays a workload into the workshop; returns its folder.
    fn build(&self, name: &str, version: &str, bytes: &[u8]) -> PathBuf {
        let folder = self.workshop.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("workload.yaml"), manifest_of(name, version, "w.wasm")).unwrap();
        fs::write(folder.join("w.wasm"), bytes).unwrap();
        folder
    }

    fn place(&self, source: &Path) -> Result<Installation> {
        let source = Source::read(source)?;
        let manifest = &source.manifest;
        let described = Described { name: manifest.name.clone(), version: manifest.version.to_string() };
        self.registry.place(&source, &described)
    }

    fn install(&self, name: &str, version: &str, bytes: &[u8]) -> Installation {
        self.place(&self.build(name, version, bytes)).unwrap()
    }

    fn refusal(&self, source: &Path) -> String {
        let said = self.place(source).unwrap_err().to_string();
        assert!(self.registry.list().unwrap().is_empty(), "something was installed: {said}");
        assert!(!self.folder.exists(), "something was written: {said}");
        said
    }
}

#[test]
fn what_was_installed_is_found_and_loaded_from_folder_and_from_wasm() {
    let bench = bench();
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    let installed = bench.place(&folder.join("w.wasm")).unwrap();
    assert_eq!(installed.note, Note::New);
    let found = bench.registry.find("heartbeat").unwrap();
    assert_eq!(found, installed.installed);
    assert_eq!(found.digest, digest_of(b"one"));
    assert!(found.path.starts_with("heartbeat/1.0.0+"), "{}", found.path);
    assert_eq!(bench.registry.load(&found).unwrap(), b"one");
    assert_eq!(bench.registry.at(&found.path).unwrap(), found);
    assert_eq!(bench.place(&folder).unwrap().note, Note::Again);
    assert_eq!(fs::read_dir(&bench.folder).unwrap().count(), 1);
}

#[test]
fn the_newest_install_is_the_default_and_older_ones_stay() {
    let bench = bench();
    let old = bench.install("heartbeat", "2.0.0", b"two").installed;
    let new = bench.install("heartbeat", "1.0.0", b"one").installed;
    assert_eq!(bench.registry.find("heartbeat").unwrap().path, new.path);
    assert_eq!(bench.registry.find("heartbeat@2.0.0").unwrap().path, old.path);
    assert_eq!(bench.registry.load(&old).unwrap(), b"two");

    bench.install("heartbeat", "2.0.0", b"two");
    assert_eq!(bench.registry.find("heartbeat").unwrap().path, old.path, "installing again chooses it again");
}

#[test]
fn the_same_version_with_other_bytes_or_another_manifest_is_another_build() {
    let bench = bench();
    let first = bench.install("heartbeat", "1.0.0", b"one").installed;
    let second = bench.install("heartbeat", "1.0.0", b"ONE");
    assert_eq!(second.note, Note::Rebuilt { before: first.build().to_owned() });
    let folder = bench.build("heartbeat", "1.0.0", b"ONE");
    let text = fs::read_to_string(folder.join("workload.yaml")).unwrap() + "limits: {memory: 32MiB}\n";
    fs::write(folder.join("workload.yaml"), text).unwrap();
    let third = bench.place(&folder).unwrap();
    assert!(matches!(third.note, Note::Rebuilt { .. }));
    assert_eq!(third.installed.digest, second.installed.digest);
    assert_eq!(bench.registry.list().unwrap().len(), 3);
    assert_eq!(bench.registry.find("heartbeat@1.0.0").unwrap(), third.installed);
    let exactly = format!("heartbeat@{}", first.build());
    assert_eq!(bench.registry.find(&exactly).unwrap(), first);
}

#[test]
fn unknown_names_and_versions_are_refused_with_what_there_is() {
    let bench = bench();
    let said = |asked: &str| bench.registry.find(asked).unwrap_err().to_string();
    assert_eq!(said("x"), "there is no workload x; none is installed; use: haymaker workload install");
    let build = bench.install("heartbeat", "1.0.0", b"one").installed.build().to_owned();
    assert_eq!(said("hartbeat"), "there is no workload hartbeat; did you mean heartbeat?");
    assert_eq!(said("goal-agent"), "there is no workload goal-agent; known: heartbeat");
    assert_eq!(said("heartbeat@9.9.9"), format!("heartbeat is not installed in version 9.9.9; installed: {build}"));
}

#[test]
fn hostile_names_and_paths_are_not_found_and_touch_nothing() {
    let bench = bench();
    bench.install("heartbeat", "1.0.0", b"one");
    for asked in ["../etc/passwd", "/etc/passwd", "..", ".", "", "heartbeat/1.0.0", "a\0b", "heartbeat@../../etc", "-x"]
    {
        assert!(bench.registry.find(asked).is_err(), "{asked:?}");
        assert!(bench.registry.remove(asked, |_| false).is_err(), "{asked:?}");
        assert!(bench.registry.at(asked).is_err(), "{asked:?}");
        assert!(bench.registry.at(&format!("heartbeat/{asked}")).is_err(), "{asked:?}");
    }
    assert!(bench.registry.find("heartbeat").is_ok());
    assert!(bench.registry.find("a\nb").unwrap_err().to_string().contains("a\\nb"));
}

#[test]
fn a_source_without_manifest_or_component_is_refused_in_words() {
    let bench = bench();
    assert!(bench.refusal(&bench.workshop.join("no")).contains("give the folder of a workload, or its .wasm file"));
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    fs::remove_file(folder.join("w.wasm")).unwrap();
    let said = bench.refusal(&folder);
    assert!(said.contains("w.wasm, which") && said.contains("build it first"), "{said}");
    fs::write(folder.join("w.wasm"), b"one").unwrap();
    fs::remove_file(folder.join("workload.yaml")).unwrap();
    for source in [folder.clone(), folder.join("w.wasm")] {
        let said = bench.refusal(&source);
        assert!(said.contains("with its manifest, workload.yaml, in the same folder"), "{said}");
    }
}

#[test]
fn a_wasm_beside_anothers_manifest_is_refused() {
    let bench = bench();
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    fs::write(folder.join("other.wasm"), b"other").unwrap();
    let said = bench.refusal(&folder.join("other.wasm"));
    assert!(said.contains("is the manifest of w.wasm, not of"), "{said}");
}

#[test]
fn all_problems_of_a_manifest_are_said() {
    let bench = bench();
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    fs::write(folder.join("workload.yaml"), manifest_of("../../etc", "1", "../w.wasm") + "nmae: x\n").unwrap();
    let said = bench.refusal(&folder);
    assert_eq!(said.lines().count(), 4, "{said}");
    fs::write(folder.join("workload.yaml"), [0xff, 0xfe]).unwrap();
    assert!(bench.refusal(&folder).contains("not text"));
}

#[test]
fn links_that_lead_out_are_refused_and_links_within_are_not() {
    let bench = bench();
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    let outside = bench.workshop.join("secret");
    fs::write(&outside, b"secret").unwrap();
    fs::remove_file(folder.join("w.wasm")).unwrap();
    symlink(&outside, folder.join("w.wasm")).unwrap();
    assert!(bench.refusal(&folder).contains("leads out of"));

    fs::remove_file(folder.join("w.wasm")).unwrap();
    fs::write(folder.join("real.wasm"), b"one").unwrap();
    symlink("real.wasm", folder.join("w.wasm")).unwrap();
    let text = fs::read(folder.join("workload.yaml")).unwrap();
    fs::write(bench.workshop.join("manifest"), text).unwrap();
    fs::rename(folder.join("workload.yaml"), bench.workshop.join("m")).unwrap();
    symlink("../manifest", folder.join("workload.yaml")).unwrap();
    assert!(bench.refusal(&folder).contains("leads out of"));
    fs::remove_file(folder.join("workload.yaml")).unwrap();
    fs::rename(bench.workshop.join("m"), folder.join("workload.yaml")).unwrap();
    assert!(bench.place(&folder).is_ok());
}

#[test]
fn folders_and_huge_files_in_place_of_a_component_are_refused() {
    let bench = bench();
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    // Sparse: it takes no room on the disk, and must not take any in memory.
    fs::File::options().write(true).open(folder.join("w.wasm")).unwrap().set_len(1 << 40).unwrap();
    assert!(source::read_file(&folder.join("w.wasm"), 1 << 20).unwrap_err().to_string().contains("larger than 1 MiB"));
    fs::remove_file(folder.join("w.wasm")).unwrap();
    fs::create_dir(folder.join("w.wasm")).unwrap();
    assert!(bench.refusal(&folder).contains("is not a regular file"));
}

#[test]
fn damage_is_found_named_and_mended_by_installing_again() {
    let bench = bench();
    let whole = bench.install("whole", "1.0.0", b"whole").installed;
    for file in ["component.wasm", "workload.yaml", "installed.json"] {
        let installed = bench.install("heartbeat", "1.0.0", b"one").installed;
        let path = bench.folder.join(&installed.path).join(file);
        for damage in [Some(b"{}".as_slice()), None] {
            match damage {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let said = bench.registry.find("heartbeat").and_then(|i| bench.registry.load(&i)).unwrap_err().to_string();
            assert!(said.contains(file) && said.contains("is damaged"), "{said}");
            let listed = bench.registry.list().unwrap();
            assert!(listed.iter().flatten().any(|i| *i == whole), "the damaged one hides the other");
            bench.install("heartbeat", "1.0.0", b"one");
            assert_eq!(bench.registry.load(&installed).unwrap(), b"one");
        }
    }
}

#[test]
fn a_damaged_default_is_not_silently_replaced_by_an_older_build() {
    let bench = bench();
    let old = bench.install("heartbeat", "1.0.0", b"one").installed;
    let new = bench.install("heartbeat", "2.0.0", b"two").installed;
    for file in ["workload.yaml", "installed.json"] {
        fs::write(bench.folder.join(&new.path).join(file), b"?").unwrap();
        assert!(matches!(bench.registry.find("heartbeat"), Err(RegistryError::Damaged { .. })), "{file}");
        assert_eq!(bench.registry.find("heartbeat@1.0.0").unwrap(), old);
    }
    assert_eq!(bench.registry.remove("heartbeat@2.0.0", |_| false).unwrap(), [format!("heartbeat {}", new.build())]);
    assert_eq!(bench.registry.find("heartbeat").unwrap(), old);
    let said = bench.registry.remove("heartbeat@2.0.0", |_| false).unwrap_err().to_string();
    assert_eq!(said, format!("heartbeat is not installed in version 2.0.0; installed: {}", old.build()));
}

#[test]
fn an_install_that_did_not_end_is_invisible_and_swept() {
    let bench = bench();
    bench.install("heartbeat", "1.0.0", b"one");
    let leftover = bench.folder.join(".tmp-0123456789abcdef");
    fs::create_dir(&leftover).unwrap();
    fs::write(leftover.join("component.wasm"), b"half").unwrap();
    assert_eq!(bench.registry.list().unwrap().len(), 1);
    bench.registry.sweep().unwrap();
    assert!(!leftover.exists());
    assert!(bench.registry.find("heartbeat").is_ok());
}

#[test]
fn removing_is_refused_while_a_deployment_needs_it() {
    let bench = bench();
    let old = bench.install("heartbeat", "1.0.0", b"one").installed;
    let new = bench.install("heartbeat", "2.0.0", b"two").installed;
    let said = bench.registry.remove("heartbeat", |i| i.digest == old.digest).unwrap_err().to_string();
    assert!(said.contains("is in use by a deployment"), "{said}");
    assert_eq!(bench.registry.list().unwrap().len(), 2, "nothing was removed");
    let gone = bench.registry.remove("heartbeat@2.0.0", |i| i.digest == old.digest).unwrap();
    assert_eq!(gone, [format!("heartbeat {}", new.build())]);
    assert_eq!(bench.registry.find("heartbeat").unwrap(), old);
    bench.registry.remove("heartbeat", |_| false).unwrap();
    assert!(bench.registry.find("heartbeat").is_err());
    assert_eq!(fs::read_dir(&bench.folder).unwrap().count(), 0);
}

#[test]
fn a_component_that_is_not_what_its_manifest_says_is_refused() {
    let bench = bench();
    let source = Source::read(&bench.build("heartbeat", "1.0.0", b"one")).unwrap();
    let described = Described { name: "heartbeat".into(), version: "1.0.1".into() };
    let said = bench.registry.place(&source, &described).unwrap_err().to_string();
    assert!(
        said.starts_with("the component says that it is heartbeat 1.0.1, its manifest says heartbeat 1.0.0"),
        "{said}"
    );
}

#[test]
fn a_home_that_cannot_be_written_is_refused_and_still_read() {
    let bench = bench();
    fs::write(&bench.folder, b"a file where the folder should be").unwrap();
    let folder = bench.build("heartbeat", "1.0.0", b"one");
    let said = bench.place(&folder).unwrap_err().to_string();
    assert!(said.starts_with("cannot use "), "{said}");
}
