//! The tests of the crate, in one program: it takes less time to build.

mod abi;
mod branches;
mod common;
mod examples;
mod ffi;
mod sync;
mod tasks;
mod threads;
mod wakers;
