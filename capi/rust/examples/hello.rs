//! The first program: two tasks, awaited together.

use std::time::Duration;

async fn later(value: i32, delay: u64) -> rondo::Result<i32> {
    rondo::sleep(Duration::from_millis(delay)).await?;
    Ok(value)
}

fn main() -> rondo::Result<()> {
    rondo::run(async {
        let (a, b) = (rondo::spawn(later(40, 20)), rondo::spawn(later(2, 10)));
        println!("hello from Rust: {}", a.await? + b.await?);
        Ok(())
    })
}
