//! Timeouts: around one thing, around a block, moved while it runs; and what a block may do when its time is over.

use rondo::{sleep, timeout, timeout_with};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

async fn answer(delay: Duration) -> rondo::Result<&'static str> {
    sleep(delay).await?;
    Ok("an answer")
}

fn main() -> rondo::Result<()> {
    rondo::run(async {
        println!("{}", timeout(MS * 1000, answer(MS * 10)).await?);

        match timeout(MS * 10, answer(MS * 1000)).await {
            Err(error) if error.is_timeout() => println!("too late"),
            other => println!("{:?}", other),
        }

        let parts = timeout_with(MS * 500, |deadline| async move {
            for part in 1..=3 {
                sleep(MS * 10).await?;
                println!("part {}", part);
                deadline.reschedule(MS * 500)?; // as long as something comes, there is time
            }
            Ok(())
        });
        parts.await?;

        let saved = timeout(MS * 10, async {
            answer(MS * 1000).await.is_ok() // the block has dealt with it: no error
        });
        println!("saved: {}", if saved.await? { "yes" } else { "no" });
        Ok(())
    })
}
