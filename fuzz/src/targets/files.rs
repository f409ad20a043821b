//! Files of ours that anything may have happened to.

use std::path::PathBuf;
use totalcloud::state;
use totalcloud_api::endpoints::OperationId;
use totalcloud_api::operation::Body;
use totalcloud_cli::pull::{journal, state as run_state};
use totalcloud_cli::settings::profile::ConfigFile;
use totalcloud_cli::write;

/// What was read is written and read as the same, stays so when it is tidied, and counts without overflow.
pub(super) fn state(data: &[u8]) {
    let read = state::decode(data);
    assert_eq!(state::decode(&state::encode(&read)), read);
    let seed = data.iter().rev().take(8).fold(0i64, |n, b| n << 8 | i64::from(*b));
    for now in [0, 1_767_225_600_000, i64::MAX, i64::MIN, seed] {
        let mut tidy = read.clone();
        tidy.tidy(now);
        assert_eq!(state::decode(&state::encode(&tidy)), tidy);
        let mut again = tidy.clone();
        again.tidy(now);
        assert_eq!(again, tidy, "tidy is tidy");
        for class in tidy.classes.values_mut() {
            let lists = class.live.values().map(|l| &l.calls).chain([&class.past]);
            let sum = lists.flatten().try_fold(0u64, |sum, (_, n)| sum.checked_add(*n));
            assert!(sum.is_some(), "calls can be counted");
            assert!(class.past.is_sorted_by_key(|(at, _)| *at));
            let live: Vec<String> = class.live.keys().cloned().collect();
            for name in live {
                class.end(&name);
            }
            assert!(class.live.is_empty());
        }
        assert_eq!(state::decode(&state::encode(&tidy)), tidy);
    }
}

/// Whole frames are read, what is damaged is not, and a page that is read is written as itself.
pub(super) fn journal(data: &[u8]) {
    let mut frames = 0u64;
    let scan = journal::scan(data, |_, body| {
        frames += 1;
        kept(body);
    })
    .expect("memory can be read");
    assert!(scan.good <= data.len() as u64 && frames <= scan.good);
    if scan.end == journal::End::Whole {
        assert_eq!(scan.good, data.len() as u64);
    }
    kept(data);
}

fn kept(body: &[u8]) {
    let Some((question, page)) = journal::decode(body) else { return };
    let frame = journal::frame_of(question, &page).expect("it is small");
    let file = [&b"tcpages1"[..], &frame].concat();
    let mut bodies = Vec::new();
    let scan = journal::scan(&file[..], |_, body| bodies.push(body.to_vec())).expect("memory can be read");
    assert_eq!((scan.good, scan.end, bodies.len()), (file.len() as u64, journal::End::Whole, 1));
    assert_eq!(journal::decode(&bodies[0]), Some((question, page)));
    // A frame that is cut is no frame.
    let cut = &file[..file.len() - 1];
    let scan = journal::scan(cut, |_, _| panic!("it is cut")).expect("memory can be read");
    assert_eq!(scan.end, journal::End::Torn);
}

/// What was read is written and read as the same; an error shows nothing of the file.
pub(super) fn run(data: &[u8]) {
    match run_state::decode(data) {
        Ok(state) => {
            let text = serde_json::to_vec(&state).expect("a state is JSON");
            assert_eq!(run_state::decode(&text).as_ref(), Ok(&state));
            let next = run_state::RunState::begin(Some(state.clone()), state.asked.clone(), state.started);
            assert_eq!(next.tables, state.tables);
            assert_eq!(next.asked.differs(&state.asked), None);
            for file in next.left_over(&[]) {
                assert!(state.tables.values().any(|t| t.file.as_deref() == Some(file)));
            }
        }
        Err(e) => assert!(e.len() < 80, "{e}"),
    }
}

/// A file that is taken stays as it was but for the profile that is set, and every profile can be read.
pub(super) fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // No file, so that its mode is not looked at.
    let path = PathBuf::from("/dev/null");
    let Ok(mut file) = ConfigFile::parse(path.clone(), text) else { return };
    let names = file.names();
    let mut before = Vec::new();
    for name in &names {
        let profile = file.profile(name).expect("a profile that was named");
        before.push((name.clone(), profile.values.len()));
        let values: Vec<_> = profile.values.into_iter().map(|(key, value)| (key, Some(value))).collect();
        // What stands there already is said again.
        file.set(name, &values);
    }
    file.set("another \"one\".x", &[]);
    let again = ConfigFile::parse(path, &file.text()).expect("what is written can be read");
    assert_eq!(again.default_profile(), file.default_profile());
    assert!(again.names().contains(&"another \"one\".x".to_owned()));
    for (name, values) in before {
        assert_eq!(again.profile(&name).expect("it is still there").values.len(), values, "{name}");
    }
}

/// The body of a write, in JSON or YAML, for the operation of the first byte. What is taken can be sent and looked at;
/// what is not is told without the text.
pub(super) fn body(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let args = match write::parse(text, "body") {
        Ok(args) => args,
        Err(e) => {
            assert!(e.to_string().chars().count() < 120, "{e}");
            return;
        }
    };
    let operation = OperationId::ALL[usize::from(*first) % OperationId::ALL.len()].operation();
    let Ok(request) = operation.request(&args, &Default::default()) else { return };
    assert_eq!(operation.match_path(&request.path).is_some(), !operation.path.is_empty());
    let preview = request.preview();
    assert!(preview.target.starts_with(&request.path));
    if let Body::Json(value) = &request.body {
        let (_, bytes) = request.body.encode().expect("there is a body");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).ok().as_ref(), Some(value));
    }
    let shown = preview.body.map(|body| body.to_string()).unwrap_or_default();
    for secret in request.secrets().iter().filter(|s| s.len() > 12) {
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        let open = text.matches(secret.as_str()).count();
        // The same text may stand in a field that is no secret as well.
        assert!(open > 1 || !shown.contains(&quoted), "a secret is shown");
    }
}
