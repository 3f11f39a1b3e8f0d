use rondo::sys::{rondo_future, rondo_future_retain};

async fn leg(baton: rondo::Future<String>) -> rondo::Result<String> {
    match baton.await {
        Ok(text) => Ok(text + ", Rust"),
        Err(error) => {
            println!("Rust: cancelled");
            Err(error)
        }
    }
}

/// # Safety
/// `baton` is a future of the loop that runs in this thread.
#[no_mangle]
pub unsafe extern "C" fn rust_leg(baton: *mut rondo_future) -> *mut rondo_future {
    let baton = rondo::Future::from_raw(rondo_future_retain(baton));
    match rondo::Builder::new().name("Rust").spawn(leg(baton)) {
        Ok(task) => task.into_raw(),
        Err(_) => std::ptr::null_mut(),
    }
}
