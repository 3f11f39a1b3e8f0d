//! A job that blocks for 200 ms beside a future that sleeps for 100: neither waits for the other.

use rondo::{gather, sleep, spawn, to_thread};
use std::time::Duration;

async fn sleeper() -> rondo::Result<()> {
    println!("the sleeper sleeps");
    sleep(Duration::from_millis(100)).await?;
    println!("the sleeper is awake");
    Ok(())
}

fn main() -> rondo::Result<()> {
    rondo::run(async {
        let job = to_thread(|| {
            std::thread::sleep(Duration::from_millis(200)); // in a thread: the loop goes on
            "the job has ended"
        });
        let (said, ()) = gather((job, spawn(sleeper()))).await?;
        println!("{}", said);
        Ok(())
    })
}
