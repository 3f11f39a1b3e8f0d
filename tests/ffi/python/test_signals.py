"""semantics.md section 1.2: SIGINT, in processes of their own."""

import subprocess
import sys
import textwrap
import time
import unittest

PRELUDE = """
import os, signal, sys, threading, time
import rondo as asyncio

def interrupt(after=0.0, times=1, signum=signal.SIGINT):
    def send():
        for _ in range(times):
            time.sleep(after)
            os.kill(os.getpid(), signum)
    threading.Thread(target=send, daemon=True).start()

def attempt(run):
    try:
        print("returned", run())
    except BaseException as error:
        print("raised", type(error).__name__, *error.args)
"""


class Interrupts(unittest.TestCase):
    def run_program(self, program, expected, timeout=20):
        started = time.monotonic()
        process = subprocess.run(
            [sys.executable, "-c", PRELUDE + textwrap.dedent(program)],
            capture_output=True, text=True, timeout=timeout,
        )
        self.assertEqual(process.stderr, "")
        self.assertEqual(process.stdout.splitlines(), expected)
        self.assertLess(time.monotonic() - started, 10, "the signal did not wake the loop")

    def test_R30_R31_the_first_one_cancels_main_and_wakes_the_loop(self):
        self.run_program(
            """
            async def other():
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    print("other cancelled at close:", main_ended)
                    raise

            async def main():
                global main_ended
                task = asyncio.create_task(other())
                try:
                    await asyncio.sleep(100)
                finally:
                    print("main cancelled", asyncio.current_task().cancelling())
                    await asyncio.sleep(0.05)
                    print("main cleaned up", task.done())
                    main_ended = True

            main_ended = False
            interrupt(0.1)
            attempt(lambda: asyncio.run(main()))
            print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
            """,
            ["main cancelled 1", "main cleaned up False", "other cancelled at close: True", "raised KeyboardInterrupt", "True"],
        )

    def test_R32_the_second_one_interrupts_at_once(self):
        self.run_program(
            """
            async def main():
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    print("cancelled")
                    interrupt(0.1)
                    while True:
                        pass

            interrupt(0.1)
            attempt(lambda: asyncio.run(main()))
            """,
            ["cancelled", "raised KeyboardInterrupt"],
        )

    def test_R32_while_the_cleanup_sleeps(self):
        self.run_program(
            """
            async def main():
                try:
                    await asyncio.sleep(100)
                finally:
                    print("cleaning")
                    await asyncio.sleep(100)

            interrupt(0.2, times=2)
            attempt(lambda: asyncio.run(main()))
            """,
            ["cleaning", "raised KeyboardInterrupt"],
        )

    def test_R33_swallowed_translated_or_cancelled_by_others_too(self):
        self.run_program(
            """
            async def swallows():
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    return "swallowed"

            async def translates():
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    raise ValueError("translated") from None

            async def cancelled_twice():
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    asyncio.current_task().cancel()
                    raise

            async def cancelled_by_itself():
                asyncio.current_task().cancel()
                await asyncio.sleep(100)

            with asyncio.Runner() as runner:
                for main in (swallows, translates, cancelled_twice):
                    interrupt(0.1)
                    attempt(lambda: runner.run(main()))
                attempt(lambda: runner.run(cancelled_by_itself()))
            """,
            ["returned swallowed", "raised ValueError translated", "raised CancelledError", "raised CancelledError"],
        )

    def test_R30_a_handler_of_ones_own_stays(self):
        self.run_program(
            """
            def mine(signum, frame):
                print("mine")

            async def main():
                await asyncio.sleep(0.3)
                return "slept on"

            signal.signal(signal.SIGINT, mine)
            interrupt(0.1)
            attempt(lambda: asyncio.run(main()))
            print(signal.getsignal(signal.SIGINT) is mine)
            """,
            ["mine", "returned slept on", "True"],
        )

    def test_R35_a_handler_put_in_place_during_the_run_is_kept(self):
        self.run_program(
            """
            def mine(signum, frame):
                pass

            async def main():
                print(signal.getsignal(signal.SIGINT) is not signal.default_int_handler)
                signal.signal(signal.SIGINT, mine)

            asyncio.run(main())
            print(signal.getsignal(signal.SIGINT) is mine)
            """,
            ["True", "True"],
        )

    def test_R30_nothing_is_installed_on_another_thread(self):
        self.run_program(
            """
            async def main():
                print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

            thread = threading.Thread(target=lambda: asyncio.run(main()))
            thread.start()
            thread.join()
            """,
            ["True"],
        )

    def test_R36_R37_between_runs_and_again(self):
        self.run_program(
            """
            async def main():
                await asyncio.sleep(100)

            with asyncio.Runner() as runner:
                for _ in range(2):
                    interrupt(0.1)
                    attempt(lambda: runner.run(main()))
                    interrupt(0.1)
                    attempt(lambda: time.sleep(5))
            """,
            ["raised KeyboardInterrupt"] * 4,
        )

    def test_R31_a_busy_loop_notices(self):
        self.run_program(
            """
            async def main():
                while True:
                    await asyncio.sleep(0)

            interrupt(0.2)
            attempt(lambda: asyncio.run(main()))
            """,
            ["raised KeyboardInterrupt"],
        )

    def test_R36_while_closing(self):
        self.run_program(
            """
            async def stubborn():
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    interrupt(0.1)
                    await asyncio.sleep(0.4)
                    print("cleaned up")

            async def main():
                asyncio.create_task(stubborn())
                await asyncio.sleep(0)

            attempt(lambda: asyncio.run(main()))
            """,
            ["cleaned up", "raised KeyboardInterrupt"],
        )

    def test_without_a_runner_it_leaves_the_loop(self):
        self.run_program(
            """
            loop = asyncio.new_event_loop()
            interrupt(0.2)
            attempt(loop.run_forever)
            interrupt(0.2)
            attempt(lambda: loop.run_until_complete(loop.create_future()))
            print(loop.is_running(), loop.run_until_complete(asyncio.sleep(0, "usable")))
            loop.close()
            """,
            ["raised KeyboardInterrupt", "raised KeyboardInterrupt", "False usable"],
        )

    def test_exceptions_of_signal_handlers_are_not_lost(self):
        self.run_program(
            """
            def alarm(signum, frame):
                raise LookupError("alarm")

            async def main():
                await asyncio.sleep(100)

            async def spin():
                while True:
                    await asyncio.sleep(0)

            signal.signal(signal.SIGALRM, alarm)
            for body in (main, spin):
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                attempt(lambda: asyncio.run(body()))
            """,
            ["raised LookupError alarm", "raised LookupError alarm"],
        )

    def test_none_is_lost_wherever_it_strikes(self):
        self.run_program(
            """
            def alarm(signum, frame):
                raise KeyboardInterrupt

            async def spin(delay):
                signal.setitimer(signal.ITIMER_REAL, delay)
                end = time.monotonic() + 5
                while time.monotonic() < end:
                    await asyncio.sleep(0)

            signal.signal(signal.SIGALRM, alarm)
            outcomes = set()
            for n in range(400):
                try:
                    outcomes.add(asyncio.run(spin(0.001 + n * 1e-6)))
                except KeyboardInterrupt:
                    outcomes.add("raised")
            print(outcomes)
            """,
            ["{'raised'}"],
        )

    def test_the_wakeup_descriptor_is_put_back(self):
        self.run_program(
            """
            import socket
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            signal.set_wakeup_fd(ours.fileno())

            async def main():
                await asyncio.sleep(0.01)

            asyncio.run(main())
            print(signal.set_wakeup_fd(-1) == ours.fileno())
            """,
            ["True"],
        )

    def test_many_interrupts_at_random_moments(self):
        """Whatever the moment: the program ends, with the interrupt or without, and nothing is printed."""
        program = """
        async def child():
            try:
                for _ in range(50):
                    await asyncio.sleep(0)
            finally:
                await asyncio.sleep(0)

        async def main():
            while True:
                await asyncio.gather(*[child() for _ in range(5)], return_exceptions=True)

        import random
        random.seed({seed})
        interrupt(random.random() * 0.02 + 0.03, times=3)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            pass
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("ended")
        """
        for seed in range(10):
            with self.subTest(seed=seed):
                process = subprocess.run(
                    [sys.executable, "-c", PRELUDE + textwrap.dedent(program.format(seed=seed))],
                    capture_output=True, text=True, timeout=30,
                )
                # A third signal may strike the interpreter's own code after the run.
                if "KeyboardInterrupt" not in process.stderr:
                    self.assertEqual((process.stdout, process.stderr), ("ended\n", ""))
                self.assertNotIn("Exception ignored on calling ctypes callback", process.stderr)


if __name__ == "__main__":
    unittest.main()
