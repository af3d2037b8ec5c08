//! Published lists for a zone's folder: judged together with what lies there, then copied.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use canon::Date;
use law::sanctions::List;
use law::sanctions::import::{self, FILE_BYTES_MAX, Folder};

use super::write;
use crate::cli::{Exit, Failure};
use crate::layout::read;

/// Dates of lists that state none.
const PUBLISHED: &str = "published.json";

/// Dates by list, as `--list-date` gives them.
pub(super) fn dates(words: &[String]) -> Result<BTreeMap<String, Date>, Failure> {
    let read = |word: &String| {
        let (list, date) = word.split_once('=')?;
        Some((list.to_owned(), Date::parse(date).ok()?))
    };
    words
        .iter()
        .map(|word| {
            read(word).ok_or_else(|| {
                let what = format!("`{word}` is not a list and a date");
                Failure::usage(what, "write --list-date LIST=YYYY-MM-DD")
            })
        })
        .collect()
}

/// What a zone's folder of lists will hold.
#[derive(Debug)]
pub(super) struct Lists {
    target: PathBuf,
    from: Option<PathBuf>,
    files: Files,
    dates: BTreeMap<String, Date>,
}

/// Files by name, wherever each of them lies.
#[derive(Debug, Default)]
struct Files(BTreeMap<String, PathBuf>);

impl Folder for Files {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = self.0.get(name).ok_or("no such file")?;
        let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
        if size > FILE_BYTES_MAX as u64 {
            return Err(format!("it has {size} bytes"));
        }
        std::fs::read(path).map_err(|e| e.to_string())
    }
}

impl Files {
    /// Files of published lists in a folder, in place of those of the same name.
    fn add(&mut self, folder: &Path) -> Result<usize, Failure> {
        let failed = |e: std::io::Error| Failure::io("read", folder, &e);
        let mut found = 0;
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let Some(name) = name.filter(|name| import::is_published(name) && path.is_file())
            else {
                continue;
            };
            self.0.insert(name, path);
            found += 1;
        }
        Ok(found)
    }
}

impl Lists {
    /// Read the lists a zone will have and compare them with the dates given; dates given earlier
    /// stay. `None` when nothing was asked for. Nothing is written.
    pub(super) fn prepare(
        target: PathBuf,
        from: Option<&Path>,
        given: &BTreeMap<String, Date>,
        today: Date,
    ) -> Result<Option<Self>, Failure> {
        if from.is_none() && given.is_empty() {
            return Ok(None);
        }
        let mut files = Files::default();
        let laid = if target.is_dir() { files.add(&target)? } else { 0 };
        match from {
            None if laid == 0 => {
                let what = "--list-date dates no list: none was laid earlier";
                return Err(Failure::usage(what, "give --sanctions DIR with the lists"));
            }
            Some(from) if files.add(from)? == 0 => {
                let what = format!("`{}` holds no published list", from.display());
                let remedy = "put sdn.csv, alt.csv, add.csv, the UN consolidated XML or a *.list.jsonl there";
                return Err(Failure::new(Exit::Error, "lists", what, remedy));
            }
            _ => {}
        }
        let mut dates = earlier(&target)?;
        dates.extend(given.iter().map(|(list, date)| (list.clone(), *date)));
        let refused = |error: import::ImportError| {
            let folder = from.unwrap_or(&target).display();
            let what = format!("the lists of `{folder}` are refused");
            let remedy = "correct the lists or --list-date; nothing was laid";
            Failure::new(Exit::Invalid, "sanctions", what, remedy).because(&error)
        };
        let imported = import::folder(&files, &dates).map_err(refused)?;
        let known: Vec<&str> = imported.lists.iter().map(List::id).collect();
        if let Some(stray) = given.keys().find(|id| !known.contains(&id.as_str())) {
            let what = format!("--list-date names `{stray}`, which is not among the lists");
            return Err(Failure::usage(what, format!("the lists are {}", known.join(", "))));
        }
        imported.published_by(today).map_err(refused)?;
        Ok(Some(Self { target, from: from.map(Path::to_owned), files, dates }))
    }

    /// Copy the files that were asked for, and write the dates.
    pub(super) fn lay(self) -> Result<(), Failure> {
        let target = &self.target;
        std::fs::create_dir_all(target).map_err(|e| Failure::io("create", target, &e))?;
        for (name, path) in &self.files.0 {
            if path.parent() == self.from.as_deref() {
                let bytes = std::fs::read(path).map_err(|e| Failure::io("read", path, &e))?;
                write(&target.join(name), &bytes)?;
            }
        }
        let dates = serde_json::to_vec(&self.dates).unwrap_or_else(|_| b"{}".to_vec());
        write(&target.join(PUBLISHED), &dates)
    }
}

/// Dates given at an earlier deployment.
fn earlier(target: &Path) -> Result<BTreeMap<String, Date>, Failure> {
    let path = target.join(PUBLISHED);
    let refused = |error: &dyn std::error::Error| {
        let what = format!("`{}` is refused", path.display());
        Failure::new(Exit::Error, "lists", what, "correct or remove it").because(error)
    };
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.is_absent() => return Ok(BTreeMap::new()),
        Err(error) => return Err(refused(&error)),
    };
    serde_json::from_slice(&bytes).map_err(|error| refused(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("mez-lists-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("from")).unwrap();
        let put = |name: &str, text: &str| {
            std::fs::write(path.join("from").join(name), text).unwrap();
        };
        put(
            "sdn.csv",
            "7,\"DOE, J\",\"individual\",\"X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n",
        );
        put("alt.csv", "7,1,\"aka\",\"ROE, J\",-0- \n");
        put("add.csv", "7,1,\"1 High Street\",\"Nowhere\",\"Utopia\",-0- \n");
        path
    }

    fn prepare(base: &Path, from: bool, words: &[&str]) -> Result<Option<Lists>, Failure> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let folder = base.join("from");
        let today = Date::parse("2026-11-20").unwrap();
        let from = from.then_some(folder.as_path());
        Lists::prepare(base.join("zone"), from, &dates(&words)?, today)
    }

    fn refused(base: &Path, from: bool, words: &[&str]) -> (Exit, String) {
        let failure = prepare(base, from, words).unwrap_err();
        let faults = failure.faults.into_iter().map(|fault| fault.detail);
        (failure.exit, std::iter::once(failure.what).chain(faults).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn dates_of_no_list_and_of_days_to_come_are_refused_before_anything_is_laid() {
        let base = folder("refused");
        assert!(prepare(&base, false, &[]).unwrap().is_none());
        let (exit, told) = refused(&base, false, &["ofac-sdn=2026-11-19"]);
        assert!(exit == Exit::Usage && told.contains("none was laid earlier"), "{told}");
        let (exit, told) = refused(&base, true, &["ofac=2026-11-19"]);
        assert!(exit == Exit::Usage && told.contains("names `ofac`"), "{told}");
        let stray = prepare(&base, true, &["ofac=2026-11-19"]).unwrap_err();
        assert_eq!(stray.remedy, "the lists are ofac-sdn");
        let (exit, told) = refused(&base, true, &["ofac-sdn=2099-01-01"]);
        assert!(exit == Exit::Invalid && told.contains("dated 2099-01-01, after today"), "{told}");
        assert!(!base.join("zone").exists());
    }

    #[test]
    fn dates_given_earlier_stay_until_another_is_given() {
        let base = folder("merged");
        let published = || std::fs::read_to_string(base.join("zone/published.json")).unwrap();
        prepare(&base, true, &["ofac-sdn=2026-11-18"]).unwrap().unwrap().lay().unwrap();
        assert!(base.join("zone/alt.csv").is_file());
        prepare(&base, true, &[]).unwrap().unwrap().lay().unwrap();
        assert_eq!(published(), r#"{"ofac-sdn":"2026-11-18"}"#);
        prepare(&base, false, &["ofac-sdn=2026-11-19"]).unwrap().unwrap().lay().unwrap();
        assert_eq!(published(), r#"{"ofac-sdn":"2026-11-19"}"#);
        assert_eq!(refused(&base, false, &["un=2026-11-19"]).0, Exit::Usage);
    }
}
