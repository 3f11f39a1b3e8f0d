//! with_group: tasks that end before the block does; one failure ends them all.

use rondo::{sleep, with_group, Error, Result};
use std::time::Duration;

async fn count(what: &'static str, delay: u64, n: i32) -> Result<i32> {
    sleep(Duration::from_millis(delay)).await?;
    if n < 0 {
        return Err(Error::failed(format!("cannot count {}", what)));
    }
    println!("{}: {}", what, n);
    Ok(n)
}

async fn count_all(pears: i32) -> Result<i32> {
    with_group(|group| async move {
        let apples = group.spawn(count("apples", 10, 3))?;
        let pears = group.spawn(count("pears", 20, pears))?;
        let plums = group.spawn(count("plums", 200, 5))?;
        Ok(apples.await? + pears.await? + plums.await?)
    })
    .await
}

fn main() -> Result<()> {
    rondo::run(async {
        println!("together: {}", count_all(4).await?);
        if let Err(errors) = count_all(-1).await {
            // the plums were cancelled
            for error in errors.children() {
                println!("failed: {}", error);
            }
        }
        Ok(())
    })
}
