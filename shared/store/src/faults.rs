//! A wrapper around any implementation that injects faults by a script.
//!
//! One [`Faults`] stands for one process: all it wraps share its script, its count of calls and
//! its death. To cross every write with every fault: run once without a script, read
//! [`Faults::writes`], then run again for each write and each of [`Fault::ALL`], asserting that
//! the fault has [fired](Faults::fired).
//!
//! ```
//! use cairn_store::Objects;
//! use cairn_store::faults::{At, Fault, Faults};
//! use cairn_store::memory::Memory;
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let cloud = Memory::new(jiff::Timestamp::now);
//! let faults = Faults::new();
//! faults.inject(At::write(0), Fault::Applied);
//!
//! let store = faults.wrap(cloud.clone());
//! assert!(store.create("a", "1".into(), None).await.is_err());
//! assert!(cloud.operator().object("a").is_some());
//! # });
//! ```

mod process;
mod script;
mod wrapper;

pub use process::Faults;
pub use script::{At, Call, Fault, Operation};
pub use wrapper::Faulty;
