//! Three sleepers at once: they end as they wake, the results come in the order of the arguments.

use rondo::{gather, sleep, spawn};
use std::time::Duration;

async fn sleeper(name: char, delay: u64) -> rondo::Result<char> {
    println!("{} starts", name);
    sleep(Duration::from_millis(delay)).await?;
    println!("{} ends", name);
    Ok(name.to_ascii_uppercase())
}

fn main() -> rondo::Result<()> {
    rondo::run(async {
        let sleepers = [spawn(sleeper('a', 200)), spawn(sleeper('b', 100)), spawn(sleeper('c', 300))];
        let [a, b, c] = gather(sleepers).await?;
        println!("{} {} {}", a, b, c);
        Ok(())
    })
}
