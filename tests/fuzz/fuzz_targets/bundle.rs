//! libFuzzer's entry to [`cairn_fuzz::bundle`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cairn_fuzz::bundle(bytes));
