use std::time::Duration;

fn main() -> rondo::Result<()> {
    let answer = rondo::run(async {
        rondo::sleep(Duration::from_millis(1)).await?;
        Ok(42)
    })?;
    println!("Rust {}", answer);
    Ok(())
}
