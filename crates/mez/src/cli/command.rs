//! The list of commands.

use clap::{Parser, Subcommand};

use super::failure::Failure;
use super::remote::{self, corridor, disposition, status, sweep, token};
use super::screen::Answer;
use super::{
    Context, approvals, archive, artifact, asset, audit, backup, bridge, canonical, consent,
    doctor, explain, export, fsck, identity, iso20022, key, lawpack, lock, log, migrate, modules,
    ownership, pack, part, path, policy, rebuild, regpack, regulator, schema, serve, settle,
    signer, trade, validate, vc, verify, watcher, webhook, witness, zone,
};

/// Special economic zones as software: found them, run them, check what they say.
#[derive(Parser)]
#[command(name = "mez", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Print one JSON document instead of text; problems are JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Act for the zone of this folder: commands of modules it does not use are refused
    #[arg(long, value_name = "DIR", global = true)]
    pub in_zone: Option<std::path::PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Deploy zones, open corridors between them and, with --smoke, show that they work
    Deploy(Box<crate::deploy::Args>),
    /// Play a story with real processes, every step asserted
    #[command(subcommand)]
    Demo(crate::deploy::demo::Command),
    /// Print the canonical bytes of a JSON document
    Canon(canonical::Args),
    /// Print the digest of a JSON document's canonical bytes
    Digest(canonical::DigestArgs),
    /// Make keys, sign and verify credentials
    #[command(subcommand)]
    Vc(vc::Command),
    /// Store and check content-addressed artifacts
    #[command(subcommand)]
    Artifact(artifact::Command),
    /// Verify a witness bundle or a credential, offline
    Verify(verify::Args),
    /// Show the keys of a zone, recover a lost signer's cell
    #[command(subcommand)]
    Key(key::Command),
    /// Define and show zones
    #[command(subcommand)]
    Zone(zone::Command),
    /// Write or check the lock of a zone: the digest of everything it is made of
    Lock(lock::Args),
    /// Check content: modules, profiles, zones, packs
    Validate(validate::Args),
    /// Count the modules of each family: those that work, and those that are only declared
    Modules(modules::Args),
    /// Explain a decision: rules with act and section, inputs, what is missing, what would change it
    Explain(explain::Args),
    /// Try changed packs on stored decisions
    #[command(subcommand)]
    Policy(policy::Command),
    /// Count the law in the packs, draw its sources, check what is written
    #[command(subcommand)]
    Pack(pack::Command),
    /// Import, build, sign, check and compare texts of law as Akoma Ntoso
    #[command(subcommand)]
    Lawpack(lawpack::Command),
    /// Import, write, sign, check and compare the license types of a jurisdiction
    #[command(subcommand)]
    Licensepack(part::Licensepack),
    /// Build and sign packs of law, and import sanctions lists
    #[command(subcommand)]
    Regpack(regpack::Command),
    /// Run a zone's HTTP API until it is told to stop
    Serve(crate::serve::Args),
    /// Plan the way from one zone to another: cost, time, risk, what is missing
    Path(Box<path::Args>),
    /// Keep a zone's keys in a process of their own
    #[command(subcommand)]
    Signer(signer::Command),
    /// Ask a running zone whether it may be used, and for its corridors
    Status(status::Args),
    /// Open, show, cut, halt, resume and export corridors of a running zone
    #[command(subcommand)]
    Corridor(Box<corridor::Command>),
    /// Settle what corridors owe: plans over signed cuts, consent, legs paid by banks
    #[command(subcommand)]
    Settle(Box<settle::Command>),
    /// Pay over a chain of corridors, all of it or none of it
    #[command(subcommand)]
    Bridge(Box<bridge::Command>),
    /// Read, write and check payment messages of ISO 20022
    #[command(subcommand)]
    Iso20022(iso20022::Command),
    /// Show who is screened under the lists in force, and see a sweep through
    #[command(subcommand)]
    Sweep(sweep::Command),
    /// Register, send, list and show assets of a running zone
    #[command(subcommand)]
    Asset(asset::Command),
    /// Open, change and show registers of members of a running zone
    #[command(subcommand)]
    Ownership(ownership::Command),
    /// Put operations to the vote, sign votes, hand them in
    #[command(subcommand)]
    Consent(Box<consent::Command>),
    /// Have what happens in a running zone sent to a receiver
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Show and forget persons of a running zone
    #[command(subcommand)]
    Identity(identity::Command),
    /// See a zone as its regulator: figures, records, alerts, samples, reports, and the log of it
    #[command(subcommand)]
    Regulator(Box<regulator::Command>),
    /// Open, act in, list and show trade flows of a running zone
    #[command(subcommand)]
    Trade(trade::Command),
    /// Propose, confirm and list what two officers decide about a hit
    #[command(subcommand)]
    Disposition(disposition::Command),
    /// Export a receipt log as static files, check it byte by byte, write proofs from it
    #[command(subcommand)]
    Log(Box<log::Command>),
    /// Copy what a zone remembers, also while it runs: rows and files, and no secret
    Backup(backup::BackupArgs),
    /// Put old parts of a stopped zone's journal away, and show what was put away
    #[command(subcommand)]
    Archive(archive::Command),
    /// Bring the store to the format of this version, or say what that would do
    Migrate(migrate::Args),
    /// Lay a backup into an empty folder, and its rows into an empty database of either kind
    Restore(backup::RestoreArgs),
    /// Check a stopped zone's data: derive every stream again and name each entry that is wrong
    Fsck(fsck::Args),
    /// Write the books, a statement, or who owns an entity to a file that others read
    #[command(subcommand)]
    Export(export::Command),
    /// Derive again what follows from other records of a stopped zone, and compare
    Rebuild(rebuild::Args),
    /// Make tokens for those who may ask a zone
    #[command(subcommand)]
    Token(token::Command),
    /// Show what awaits a second person, and give that person's word
    #[command(subcommand)]
    Approvals(approvals::Command),
    /// Read a running zone's audit log, keep it, check what was kept
    #[command(subcommand)]
    Audit(audit::Command),
    /// Print the JSON Schemas of the documents that travel
    Schema(schema::Args),
    /// Witness the logs of others: cosign what provably extends what was seen before
    #[command(subcommand)]
    Witness(witness::Command),
    /// Watch a corridor: mirror it, verify it, attest its cuts with a bond at stake
    #[command(subcommand)]
    Watcher(Box<watcher::Command>),
    /// Print the OpenAPI document of a zone's API
    Openapi(remote::Openapi),
    /// Look for what would keep a zone from running here, with a remedy each
    Doctor(doctor::Args),
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Deploy(args) => crate::deploy::run(&args, context),
            Self::Demo(command) => command.run(context),
            Self::Canon(args) => canonical::canon(&args),
            Self::Digest(args) => canonical::digest(&args, context.json),
            Self::Vc(command) => command.run(context),
            Self::Artifact(command) => command.run(context),
            Self::Verify(args) => verify::run(&args, context),
            Self::Key(command) => command.run(context),
            Self::Zone(command) => command.run(),
            Self::Lock(args) => lock::run(&args),
            Self::Validate(args) => validate::run(&args),
            Self::Modules(args) => modules::run(&args),
            Self::Explain(args) => explain::run(&args, context),
            Self::Policy(command) => command.run(),
            Self::Pack(command) => command.run(),
            Self::Lawpack(command) => command.run(context),
            Self::Licensepack(command) => command.run(context),
            Self::Regpack(command) => command.run(context),
            Self::Serve(args) => serve::run(&args),
            Self::Path(args) => path::run(&args),
            Self::Signer(command) => command.run(context),
            Self::Status(args) => status::run(&args, context),
            Self::Corridor(command) => command.run(context),
            Self::Bridge(command) => command.run(context),
            Self::Iso20022(command) => command.run(),
            Self::Sweep(command) => command.run(context),
            Self::Asset(command) => command.run(context),
            Self::Ownership(command) => command.run(context),
            Self::Consent(command) => command.run(context),
            Self::Webhook(command) => command.run(context),
            Self::Identity(command) => command.run(context),
            Self::Regulator(command) => command.run(context),
            Self::Trade(command) => command.run(context),
            Self::Disposition(command) => command.run(context),
            Self::Log(command) => command.run(context),
            Self::Backup(args) => backup::back_up_zone(&args, context),
            Self::Archive(command) => command.run(context),
            Self::Migrate(args) => migrate::run(&args),
            Self::Restore(args) => backup::restore(&args),
            Self::Fsck(args) => fsck::run(&args, context),
            Self::Export(command) => command.run(context),
            Self::Rebuild(args) => rebuild::run(&args, context),
            Self::Token(command) => command.run(context),
            Self::Approvals(command) => command.run(context),
            Self::Audit(command) => command.run(context),
            Self::Schema(args) => schema::run(&args),
            Self::Witness(command) => command.run(context),
            Self::Settle(command) => command.run(context),
            Self::Watcher(command) => command.run(context),
            Self::Openapi(args) => args.run(),
            Self::Doctor(args) => doctor::run(&args, context),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }
}
