use super::*;
use std::fs;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn names(upload: &IacUpload) -> Vec<&str> {
    upload.files.iter().map(|f| f.name.as_str()).collect()
}

fn left_out(upload: &IacUpload) -> Vec<(&str, LeftOutReason)> {
    upload.left_out.iter().map(|l| (l.name.as_str(), l.reason)).collect()
}

#[test]
fn templates_of_a_folder_are_packed_and_the_rest_is_told() {
    let folder = folder(&[
        ("main.tf", "a"),
        ("b/values.prod.YAML", "b"),
        ("b.json", "{}"),
        ("c/x.template", "c"),
        ("c/y.yml", "d"),
        ("README.md", "no"),
        ("terraform.tfvars", "no"),
        (".git/config.json", "{}"),
        ("b/.terraform/modules/m.tf", "no"),
        (".hidden.tf", "no"),
        ("tf", "no"),
    ]);
    let upload = IacUpload::of(folder.path()).unwrap();
    assert_eq!(names(&upload), ["b.json", "b/values.prod.YAML", "c/x.template", "c/y.yml", "main.tf"]);
    assert_eq!(
        left_out(&upload),
        [
            (".git/", LeftOutReason::Hidden),
            (".hidden.tf", LeftOutReason::Hidden),
            ("README.md", LeftOutReason::Type),
            ("b/.terraform/", LeftOutReason::Hidden),
            ("terraform.tfvars", LeftOutReason::Type),
            ("tf", LeftOutReason::Type),
        ]
    );
    assert!(upload.file.file_name.ends_with(".zip"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&upload.file.bytes)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("c/y.yml").unwrap(), &mut text).unwrap();
    assert_eq!(text, "d");
}

#[test]
fn the_same_files_give_the_same_archive() {
    let files = [("b/two.tf", "x = 1"), ("a.json", "{}"), ("b.tf", "y = 2")];
    let (one, other) = (folder(&files), folder(&files));
    let old = fs::File::open(other.path().join("b.tf")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    let pack = |folder: &tempfile::TempDir| IacUpload::of(folder.path()).unwrap();
    assert_eq!(pack(&one).file.bytes, pack(&other).file.bytes);
    assert_eq!(names(&pack(&one)), ["a.json", "b.tf", "b/two.tf"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_of_the_folder_only() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret.json", "{}"), ("more/m.tf", "x")]);
    let folder = folder(&[("modules/a.tf", "a = 1")]);
    let at = |name: &str| folder.path().join(name);
    symlink("modules/a.tf", at("linked.tf")).unwrap();
    symlink(outside.path().join("secret.json"), at("out.json")).unwrap();
    symlink(outside.path().join("more"), at("dir")).unwrap();
    symlink(folder.path(), at("modules/round")).unwrap();
    symlink("nowhere.tf", at("broken.tf")).unwrap();
    let upload = IacUpload::of(folder.path()).unwrap();
    assert_eq!(names(&upload), ["linked.tf", "modules/a.tf"]);
    let link = LeftOutReason::Link;
    assert_eq!(
        left_out(&upload),
        [("broken.tf", link), ("dir", link), ("modules/round", link), ("out.json", link)]
    );
}

#[test]
fn a_template_and_archives_go_as_they_are() {
    let folder = folder(&[("one.yaml", "a: 1"), ("x.tar.gz", "\u{1f}"), ("y.7z", "7z"), ("z.zip", "no")]);
    let at = |name: &str| folder.path().join(name);
    let upload = IacUpload::of(at("one.yaml")).unwrap();
    assert_eq!((upload.file.file_name.as_str(), &upload.file.bytes[..]), ("one.yaml", &b"a: 1"[..]));
    assert_eq!(names(&upload), ["one.yaml"]);

    let archive = IacUpload::of(folder.path()).unwrap().file.bytes;
    fs::write(at("ready.zip"), &archive).unwrap();
    let ready = IacUpload::of(at("ready.zip")).unwrap();
    assert_eq!((ready.file.bytes.clone(), names(&ready)), (archive, vec!["one.yaml"]));
    for (name, what) in [("x.tar.gz", "no gzip"), ("y.7z", "no 7z"), ("z.zip", "no ZIP")] {
        let refused = IacUpload::of(at(name)).unwrap_err();
        assert!(refused.message().contains(what), "{refused}");
    }
    fs::write(at("y.7z"), b"7z\xBC\xAF\x27\x1Crest").unwrap();
    assert_eq!(IacUpload::of(at("y.7z")).unwrap().files, []);
}

#[test]
fn an_archive_with_other_files_is_refused_before_any_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for name in ["a.tf", "b/run.sh"] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    archive.finish().unwrap();
    let refused = IacUpload::of(&path).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Usage);
    assert!(refused.message().contains("b/run.sh"), "{refused}");
}

fn zipped(names: &[&str]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        let options = zip::write::SimpleFileOptions::default();
        match name.strip_suffix('/') {
            Some(folder) => archive.add_directory(folder, options).unwrap(),
            None => archive.start_file(*name, options).unwrap(),
        }
    }
    archive.finish().unwrap().into_inner()
}

/// A tar archive whose members have one letter each; with the old headers it has no mark of its form.
fn tarred(mut header: tar::Header, names: &[&str]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for name in names {
        let folder = name.ends_with('/');
        header.set_size(u64::from(!folder));
        header.set_entry_type(if folder { tar::EntryType::Directory } else { tar::EntryType::Regular });
        header.set_mode(0o644);
        // The builder takes no `./`.
        let field = &mut header.as_mut_bytes()[..100];
        field.fill(0);
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, if folder { &b""[..] } else { b"x" }).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut out, bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn the_members_of_ready_archives_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        IacUpload::of(path)
    };
    let archives = |members: &[&str]| {
        let (old, new) = (tarred(tar::Header::new_old(), members), tarred(tar::Header::new_ustar(), members));
        let gnu = gz(&tarred(tar::Header::new_gnu(), members));
        [
            ("x.zip", zipped(members)),
            ("old.tar", old),
            ("x.tar", new),
            ("x.tar.gz", gnu.clone()),
            ("x.tgz", gnu),
        ]
    };
    // Below a hidden folder that does not stand for itself a file is taken, as the vendor's scanner takes it.
    for (name, bytes) in archives(&["./", "./main.tf", "a/", "a/./b.YAML", ".git/c.json"]) {
        let upload = of(name, bytes).unwrap();
        assert_eq!(names(&upload), ["main.tf", "a/b.YAML", ".git/c.json"], "{name}");
    }
    for (members, odd) in [
        (&["a.tf", "b/run.sh"][..], "holds b/run.sh, which is no template"),
        (&["a.tf", "./._a.tf"], "holds ._a.tf, which is no template"),
        (&["a.tf", "b/.git/"], "holds b/.git/, which is hidden"),
        (&["a/"], "holds no templates"),
    ] {
        for (name, bytes) in archives(members) {
            let refused = of(name, bytes).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Usage);
            assert!(refused.message().contains(odd), "{name}: {refused}");
        }
    }
    let whole = tarred(tar::Header::new_old(), &["a.tf"]);
    let mut wrong = whole.clone();
    wrong[0] ^= 1;
    assert!(of("x.tar", wrong).unwrap_err().message().contains("no tar archive"));
    assert!(of("x.tar.gz", gz(&whole)[..40].to_vec()).unwrap_err().message().contains("no tar.gz archive"));
    let mut bomb = tar::Header::new_gnu();
    bomb.set_size(2 << 20);
    bomb.set_cksum();
    let bomb = [bomb.as_bytes().to_vec(), vec![0; 2 << 20]].concat();
    let refused = archive::tar_members(&folder.path().join("x"), &bomb[..], 1 << 20, |_| unreachable!());
    assert!(refused.unwrap_err().message().contains("unpacks to more than 1048576 bytes"));
}

#[test]
fn nothing_to_scan_is_an_error_that_says_what_there_was() {
    let refused = |files: &[(&str, &str)], at: &str| {
        let folder = folder(files);
        IacUpload::of(folder.path().join(at)).unwrap_err()
    };
    assert!(refused(&[], "").message().ends_with("holds no templates"));
    assert!(refused(&[("a.md", "x")], "").message().contains("only a.md (not a template)"));
    assert!(refused(&[("a.md", "x")], "a.md").message().contains("nothing that can be scanned"));
    assert_eq!(refused(&[], "gone").kind(), ErrorKind::Io);
}

#[test]
fn what_is_too_big_is_refused_with_its_biggest_files() {
    // What has no pattern cannot be packed.
    let mut state = 7u64;
    let mut noise = |bytes: usize| -> Vec<u8> {
        let next = |state: &mut u64| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*state >> 33) as u8
        };
        (0..bytes).map(|_| next(&mut state)).collect()
    };
    let folder = folder(&[("small.tf", "x")]);
    fs::write(folder.path().join("big.json"), noise(9 << 20)).unwrap();
    fs::write(folder.path().join("more.yaml"), noise(2 << 20)).unwrap();
    let refused = IacUpload::of(folder.path()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Usage);
    assert!(refused.message().contains("fewer than 10485760"), "{refused}");
    let hint = refused.hint().unwrap();
    assert!(hint.find("big.json").unwrap() < hint.find("more.yaml").unwrap(), "{hint}");
    fs::write(folder.path().join("one.json"), noise(IacUpload::LIMIT as usize)).unwrap();
    assert!(IacUpload::of(folder.path().join("one.json")).unwrap_err().message().contains("10485760"));
}
