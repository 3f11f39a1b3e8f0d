//! Tokio on its current_thread runtime. The protocol is in ../../bench.h.

use std::future::Future;
use std::os::unix::io::{AsRawFd, RawFd};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, Mutex};
use tokio::task::{spawn, spawn_blocking, yield_now, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

const HOUR: Duration = Duration::from_secs(3600);
const NAP: Duration = Duration::from_micros(100);

fn print(name: &str, value: f64) {
    println!("{name} {value:.2}");
}

fn stop(start: Instant, n: u64) {
    print("ns", start.elapsed().as_nanos() as f64 / n as f64);
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn countdown(yields: u64) {
    for _ in 0..yields {
        yield_now().await;
    }
}

async fn all<T>(handles: Vec<JoinHandle<T>>) {
    for handle in handles {
        let _ = handle.await; // an error is a cancelled task
    }
}

async fn two(n: u64, first: impl Future<Output = ()> + Send + 'static, second: impl Future<Output = ()> + Send + 'static) {
    let start = Instant::now();
    let (first, second) = (spawn(first), spawn(second));
    first.await.unwrap();
    second.await.unwrap();
    stop(start, n);
}

async fn bench_spawn(n: u64) {
    let start = Instant::now();
    for _ in 0..n {
        spawn(countdown(0)).await.unwrap();
    }
    stop(start, n);
}

fn resident(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
}

async fn gather(n: u64, size: u64) {
    let before = resident("VmRSS:");
    let start = Instant::now();
    for _ in 0..n / size {
        let handles = (0..size).map(|_| spawn(countdown(1))).collect();
        all(handles).await;
    }
    stop(start, n / size * size);
    print("bytes", (resident("VmHWM:") - before) / size as f64);
}

/// What a hand-off hands over: where the next one is to go.
struct Baton(oneshot::Sender<Baton>);

async fn first_side(mut other: oneshot::Sender<Baton>, n: u64) {
    for _ in 0..n {
        let (sender, mine) = oneshot::channel();
        let _ = other.send(Baton(sender));
        other = mine.await.unwrap().0;
    }
}

async fn second_side(mut mine: oneshot::Receiver<Baton>) {
    while let Ok(Baton(other)) = mine.await {
        let (sender, next) = oneshot::channel();
        mine = next;
        let _ = other.send(Baton(sender));
    }
}

async fn handoff(n: u64) {
    let (sender, receiver) = oneshot::channel();
    two(n, first_side(sender, n / 2), second_side(receiver)).await;
}

fn cpu_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Deadline and wake-up of one sleeper, in ns since the start of all.
type Sleeper = (i64, i64);

async fn sleeper(start: Instant, delay: u64) -> Sleeper {
    let deadline = start.elapsed().as_nanos() as i64 + delay as i64;
    sleep(Duration::from_nanos(delay)).await;
    (deadline, start.elapsed().as_nanos() as i64)
}

async fn sleepers(n: u64) {
    let before = resident("VmRSS:");
    let cpu = cpu_ns();
    let start = Instant::now();
    let delay = |i: u64| (i * 7919 % n + 1) * (1_000_000_000 / n);
    let handles: Vec<JoinHandle<Sleeper>> = (0..n).map(|i| spawn(sleeper(start, delay(i)))).collect();
    let mut seen: Vec<Sleeper> = Vec::with_capacity(n as usize);
    for handle in handles {
        seen.push(handle.await.unwrap());
    }
    print("ns", (cpu_ns() - cpu) as f64 / n as f64);
    // Where the results are kept is not counted.
    print("bytes", (resident("VmHWM:") - before) / n as f64 - std::mem::size_of::<Sleeper>() as f64);
    let burst_end = seen[n as usize - 1].0 - delay(n - 1) as i64;
    let mut late: Vec<i64> = seen.iter().filter(|s| s.0 > burst_end).map(|s| s.1 - s.0).collect();
    late.sort_unstable();
    print("p50", late[late.len() / 2] as f64);
    print("p99", late[late.len() * 99 / 100] as f64);
    print("early", seen.iter().filter(|s| s.1 < s.0).count() as f64);
}

async fn bench_timeout(n: u64) {
    let start = Instant::now();
    for _ in 0..n {
        timeout(HOUR, yield_now()).await.unwrap();
    }
    stop(start, n);
}

/// `size` threads send functions through an unbounded channel.
async fn post(n: u64, size: u64) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<fn(&mut u64)>();
    let go = Arc::new(Barrier::new(size as usize + 1));
    let total = n / size * size;
    let threads: Vec<_> = (0..size)
        .map(|_| {
            let (sender, go) = (sender.clone(), go.clone());
            std::thread::spawn(move || {
                go.wait();
                for _ in 0..n / size {
                    assert!(sender.send(|arrived| *arrived += 1).is_ok());
                }
            })
        })
        .collect();
    let start = Instant::now();
    go.wait();
    let mut arrived = 0;
    while arrived < total {
        receiver.recv().await.unwrap()(&mut arrived);
    }
    stop(start, total);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

async fn jobs(n: u64) {
    for _ in 0..n {
        spawn_blocking(|| {}).await.unwrap();
    }
}

async fn thread(n: u64, size: u64) {
    let start = Instant::now();
    all((0..size).map(|_| spawn(jobs(n / size))).collect()).await;
    stop(start, n / size * size);
}

async fn producer(sender: mpsc::Sender<u64>, n: u64) {
    for i in 1..=n {
        sender.send(i).await.unwrap();
    }
}

async fn consumer(mut receiver: mpsc::Receiver<u64>, n: u64) {
    let mut sum = 0;
    while let Some(item) = receiver.recv().await {
        sum += item;
    }
    assert_eq!(sum, n * (n + 1) / 2);
}

async fn queue(n: u64, size: u64) {
    let (sender, receiver) = mpsc::channel(size as usize);
    two(n, producer(sender, n), consumer(receiver, n)).await;
}

async fn nap(n: u64) {
    let mut durations = Vec::new();
    for _ in 0..n {
        let start = Instant::now();
        sleep(NAP).await;
        durations.push(start.elapsed());
    }
    durations.sort_unstable();
    print("ns", durations[n as usize / 2].as_nanos() as f64);
    print("early", durations.iter().filter(|d| **d < NAP).count() as f64);
}

async fn locker(lock: Arc<Mutex<()>>, n: u64) {
    let mut held = lock.lock().await;
    yield_now().await; // now the other one is in line
    for _ in 1..n {
        drop(held);
        held = lock.lock().await;
    }
}

async fn lock(n: u64) {
    let lock = Arc::new(Mutex::new(()));
    two(n, locker(lock.clone(), n / 2), locker(lock.clone(), n / 2)).await;
}

async fn group(n: u64, size: u64) {
    let start = Instant::now();
    for _ in 0..n / size {
        let mut set = JoinSet::new();
        for _ in 0..size {
            set.spawn(countdown(1));
        }
        while set.join_next().await.is_some() {}
    }
    stop(start, n / size * size);
}

async fn cancel(n: u64) {
    let handles: Vec<_> = (0..n).map(|_| spawn(sleep(HOUR))).collect();
    yield_now().await;
    let start = Instant::now();
    handles.iter().for_each(JoinHandle::abort);
    all(handles).await;
    stop(start, n);
}

fn run(n: u64) {
    let runtime = runtime();
    let start = Instant::now();
    for _ in 0..n {
        runtime.block_on(countdown(0));
    }
    stop(start, n);
}

fn fresh(n: u64) {
    let start = Instant::now();
    for _ in 0..n {
        Builder::new_current_thread().build().unwrap().block_on(countdown(0));
    }
    stop(start, n);
}

struct Fd(RawFd);

impl AsRawFd for Fd {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

fn fresh_io(n: u64) {
    let fd = unsafe { libc::eventfd(1, libc::EFD_NONBLOCK) };
    let start = Instant::now();
    for _ in 0..n {
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async { drop(AsyncFd::new(Fd(fd)).unwrap().readable().await.unwrap()) });
    }
    stop(start, n);
}

/// What block_on itself polls is woken through the I/O driver: a task is ten times faster.
fn on_a_task(workload: impl Future<Output = ()> + Send + 'static) {
    runtime().block_on(async { spawn(workload).await.unwrap() });
}

const WORKLOADS: [&str; 16] = [
    "spawn", "gather", "yield", "handoff", "sleepers", "timeout", "post", "thread", "run", "fresh", "fresh-io", "queue",
    "nap", "lock", "group", "cancel",
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments.get(i).map_or(1, |text| text.parse::<u64>().unwrap());
    let (n, size) = (number(2), number(3));
    match arguments.get(1).map_or("", String::as_str) {
        "" => println!("{}", WORKLOADS.join("\n")),
        "spawn" => on_a_task(bench_spawn(n)),
        "gather" => on_a_task(gather(n, size)),
        "yield" => on_a_task(two(n, countdown(n / 2), countdown(n / 2))),
        "handoff" => on_a_task(handoff(n)),
        "sleepers" => on_a_task(sleepers(n)),
        "timeout" => on_a_task(bench_timeout(n)),
        "post" => on_a_task(post(n, size)),
        "thread" => on_a_task(thread(n, size)),
        "run" => run(n),
        "fresh" => fresh(n),
        "fresh-io" => fresh_io(n),
        "queue" => on_a_task(queue(n, size)),
        "nap" => on_a_task(nap(n)),
        "lock" => on_a_task(lock(n)),
        "group" => on_a_task(group(n, size)),
        "cancel" => on_a_task(cancel(n)),
        other => panic!("no workload '{other}'"),
    }
}
