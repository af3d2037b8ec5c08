//! `mez`: the doors of the house. One executable that founds, runs, asks and checks zones.
//!
//! `main` reads the command line, lends the command the present and randomness of this machine, and
//! turns its answer or its refusal into text and an exit code. Every command lives in [`cli`]; a
//! command that runs for long (a server, a deployment) has a module of its own beside it and one arm
//! in `cli::command`.
//!
//! **Architecture Invariant:** the only crate that knows HTTP, argv and the environment.

mod access;
mod adapters;
mod artifacts;
mod cli;
mod client;
mod deploy;
mod durable;
mod founding;
mod http;
mod layout;
mod mass;
mod oidc;
mod out;
mod rotating;
mod schemas;
mod serve;
mod signers;
mod watch;
mod watcher;
mod witness;

fn main() -> std::process::ExitCode {
    cli::main()
}
