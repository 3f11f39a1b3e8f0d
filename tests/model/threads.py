"""The part of the machine that is about threads: jobs in a pool of one thread, and coroutines submitted by others.

What a thread does is done while the loop's thread waits for it, so that the order is the program's: a job ends so many
turns after it was asked for, or after the one before it, and the loop hears of it in the next turn, behind what is
ready already. The loop never sleeps while there is a job, and none is left when the runner closes.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from basics import ANY_RANK, VARIABLE, Oops


HEARINGS = 5  # somebody may stop the loop


class Job:
    """A call in the pool's thread, which stays there until the machine lets it end."""

    def __init__(self, name, outcome):
        self.name = name
        self.outcome = outcome
        self.context = None
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.ripe = False
        self.future = None

    def __call__(self):
        self.context = VARIABLE.get()
        self.begun.set()
        self.may_end.wait()
        if self.outcome.startswith("e"):
            raise Oops(self.outcome)
        return self.outcome


class Threads:
    """Statements about threads."""

    def make_pool(self):
        self.jobs = []  # in the order the thread takes them; it has begun the first
        self.withdrawing = []
        self.submissions = {}
        self.strangers = {}  # tasks that other threads have made: nobody here waits for them
        self.threads_told = False  # the loop something
        self.pool = self.loop._default_executor = ThreadPoolExecutor(1)

    def hear_threads(self, run):
        """What they have told the loop, and are about to, is not for a runner that closes (B7)."""
        for _ in range(HEARINGS if self.threads_told else 0):
            run([["yield"]] * 8)
            if not self.jobs:
                break

    def begin(self, job, turns):
        job.begun.wait()
        self.ripen(job, turns)

    def ripen(self, job, turns):
        if turns > 0:
            self.loop.call_soon(self.ripen, job, turns - 1)
        else:
            job.ripe = True
            self.end_jobs()

    def end_jobs(self):
        """Ends what is ripe, from the first on, unless that waits for a turn."""
        while self.jobs and self.jobs[0].ripe and not self.withdrawing and not self.withdraw():
            job = self.jobs.pop(0)
            job.may_end.set()
            if self.jobs:
                self.jobs[0].begun.wait()
            else:
                self.pool.submit(int).result()
            self.log(f"j{job.name} ran {job.context}")

    def withdraw(self):
        """Whether jobs that have not begun were cancelled: asyncio's pool hears of it a turn later."""
        self.withdrawing = [job for job in self.jobs[1:] if job.future.done()]
        if self.withdrawing:
            self.loop.call_soon(self.go_on)
        return bool(self.withdrawing)

    def go_on(self):
        for job in self.withdrawing:
            self.jobs.remove(job)
        self.withdrawing = []
        self.end_jobs()

    def in_thread(self, call):
        self.threads_told = True
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    # ---- statements

    def do_job(self, me, slot, outcome, turns):
        if self.closing:
            return
        self.threads_told = True
        job = Job(slot, outcome)
        job.future = self.loop.run_in_executor(self.pool, job)
        self.jobs.append(job)
        if len(self.jobs) == 1:
            job.begun.wait()
        self.slots[slot] = job.future, ANY_RANK
        self.ripen(job, turns)

    async def do_to_thread(self, me, name, outcome, turns):
        if self.jobs or self.closing:
            return
        self.threads_told = True
        job = Job(name, outcome)
        self.jobs.append(job)
        self.loop.call_soon(self.begin, job, turns)
        self.log(f"{me.label} got {await self.aio.to_thread(job)}")

    def do_submit(self, me, name, j):
        coro = self.claim(j, self.strangers)
        if coro is not None:
            self.in_thread(lambda: self.submit(name, j, coro))

    def submit(self, name, j, coro):
        self.submissions[name] = self.aio.run_coroutine_threadsafe(coro, self.loop), j

    def do_unsubmit(self, me, name):
        future, j = self.submissions.get(name, (None, None))
        if j in self.strangers and not self.closing:  # otherwise it may or may not begin
            del self.submissions[name]  # asyncio's future is cancelled although the task may not be
            self.in_thread(future.cancel)

    def do_submission(self, me, name):
        if name in self.submissions:
            self.log(f"{me.label} sees s{name} {self.state(self.submissions[name][0])}")
