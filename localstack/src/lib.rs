//! The local cloud: an emulator of AWS on a loopback port, a complete deployment of Cairn in it,
//! and a demonstration of both. Tests use it for everything that needs AWS.

pub mod aws;
pub mod build;
pub mod chaos;
pub mod cloud;
pub mod driver;
pub mod emulator;
mod folders;
mod lock;
pub mod progress;
pub mod proxy;
pub mod python;

pub use cloud::{Cloud, CloudError};
pub use emulator::{Emulator, EmulatorError};
pub use folders::config_folder;
