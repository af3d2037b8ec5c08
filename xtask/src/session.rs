//! One run of the test command: the clock it runs against, the server it started, and the tally.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::postgres::Postgres;
use crate::workspace::Workspace;
use crate::{Failure, process};

/// All suites together take no longer than this, on a machine half as fast as the one they are written on.
pub(crate) const LIMIT: Duration = Duration::from_secs(85 * 60);

/// What suites share.
pub(crate) struct Session {
    pub(crate) workspace: Workspace,
    pub(crate) deadline: Instant,
    postgres: OnceCell<Postgres>,
}

/// Lines a suite wants printed under its name: figures, seeds, notices.
pub(crate) type Notes = Vec<String>;

/// What a suite does: the notes, or why it failed.
pub(crate) type Step = dyn Fn(&Session, &Job) -> Result<Notes, Failure>;

/// One suite: a name and what it does. The log is already empty when it is called.
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) run: Box<Step>,
}

/// Where the running suite writes.
pub(crate) struct Job {
    pub(crate) log: PathBuf,
}

struct Row {
    name: String,
    took: Duration,
    passed: bool,
}

impl Session {
    pub(crate) fn begin(workspace: Workspace) -> Session {
        let deadline = Instant::now() + LIMIT;
        Session { workspace, deadline, postgres: OnceCell::new() }
    }

    /// An empty database on the server of this run, which is started when first asked for.
    pub(crate) fn database(&self, name: &str) -> Result<String, Failure> {
        if self.postgres.get().is_none() {
            let log = self.workspace.scratch().join("postgres.log");
            process::fresh_log(&log)?;
            let started = Postgres::start(&log, self.deadline);
            let started = started.map_err(|error| format!("{error}\n{}", process::tail(&log)))?;
            // Nobody else can have set it: suites run one after another.
            let _ = self.postgres.set(started);
        }
        let postgres = self.postgres.get().ok_or("the Postgres server is gone")?;
        postgres.fresh(name)
    }

    /// Runs the suites in order and prints the table; true when all passed in time.
    pub(crate) fn run(&self, suites: &[Suite]) -> bool {
        let began = Instant::now();
        let mut rows: Vec<Row> = suites.iter().map(|suite| self.run_one(suite)).collect();
        let took = began.elapsed();
        if took > LIMIT {
            let name = format!("time limit of {} minutes", LIMIT.as_secs() / 60);
            rows.push(Row { name, took: Duration::ZERO, passed: false });
        }
        print_table(&rows, took);
        let failed = rows.iter().filter(|row| !row.passed).count();
        println!("{} passed, {failed} failed", rows.len() - failed);
        failed == 0
    }

    fn run_one(&self, suite: &Suite) -> Row {
        println!("{} …", suite.name);
        let began = Instant::now();
        let file = suite.name.replace(' ', "-");
        let job = Job { log: self.workspace.scratch().join(file).with_extension("log") };
        let done = process::fresh_log(&job.log).and_then(|()| (suite.run)(self, &job));
        let took = began.elapsed();
        match &done {
            Ok(notes) => notes.iter().for_each(|note| println!("    {note}")),
            Err(failure) => {
                println!("  FAILED: {failure}\n  the end of {}:", job.log.display());
                print!("{}", process::tail(&job.log));
            }
        }
        Row { name: suite.name.clone(), took, passed: done.is_ok() }
    }
}

fn print_table(rows: &[Row], took: Duration) {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(8);
    println!("\n{:width$}  seconds  result", "suite");
    for Row { name, took, passed } in rows {
        let result = if *passed { "passed" } else { "FAILED" };
        println!("{name:width$}  {:>7.1}  {result}", took.as_secs_f32());
    }
    println!("{:width$}  {:>7.1}\n", "all", took.as_secs_f32());
}
