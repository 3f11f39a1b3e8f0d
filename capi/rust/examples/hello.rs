//! A future, run: says hello after ten milliseconds.

use std::time::Duration;

async fn hello() -> rondo::Result<i32> {
    rondo::sleep(Duration::from_millis(10)).await?;
    println!("hello from a coroutine");
    Ok(42)
}

fn main() -> rondo::Result<()> {
    let answer = rondo::run(hello())?;
    println!("run returned {}", answer);
    Ok(())
}
