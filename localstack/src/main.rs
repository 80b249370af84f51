//! `cargo local`: Cairn on this machine.

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Cairn on this machine: an emulator of AWS with a complete deployment in it.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run records through a cloud of their own and tell what happens at each step
    Demo(commands::demo::Arguments),
    /// Run load through a cloud of its own while everything fails, and account for every event
    Chaos(commands::chaos::Arguments),
    /// Start the local cloud and deploy everything to it; repeat it to deploy anew
    Up(commands::up::Arguments),
    /// Stop the local cloud; what was in it is gone
    Down(commands::down::Arguments),
    /// Print the environment that makes any AWS tool use the local cloud
    Env(commands::env::Arguments),
    /// Drive the event source mapping of a cloud, until it is taken down
    #[command(hide = true)]
    Drive(commands::drive::Arguments),
    /// Tell what is up
    Status(commands::status::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Chaos(arguments) => commands::chaos::run(&arguments).await,
        Command::Demo(arguments) => commands::demo::run(&arguments).await,
        Command::Up(arguments) => commands::up::run(&arguments).await,
        Command::Down(arguments) => commands::down::run(&arguments),
        Command::Env(arguments) => commands::env::run(&arguments),
        Command::Drive(arguments) => commands::drive::run(&arguments).await,
        Command::Status(arguments) => commands::status::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}
