"""semantics.md section 27 and B18: who awaits whom."""

import contextlib
import io
import re
import unittest

import rondo

HERE = __file__


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


def shape(graph):
    """A graph as [name, functions, waiters]."""
    future = graph.future
    name = future.get_name() if isinstance(future, rondo.Task) else "future"
    functions = [entry.frame.f_code.co_name for entry in graph.call_stack]
    return [name, functions, sorted(map(shape, graph.awaited_by))]


def run(coro, **options):
    with rondo.Runner(virtual_clock=True, **options) as runner:
        return runner.run(coro)


async def settle():
    for _ in range(5):
        await rondo.sleep(0)


class Capture(unittest.TestCase):
    maxDiff = None

    def test_V1_V3_the_current_task(self):
        """V1, V2, V3"""

        async def main():
            def plain():
                return rondo.capture_call_graph()

            async def deep():
                await rondo.sleep(0)
                return plain()

            async def middle():
                return await deep()

            async def waiter(task):
                return await task

            rondo.current_task().set_name("main")
            task = rondo.create_task(middle(), name="middle")
            first = rondo.create_task(waiter(task), name="first")
            return await rondo.create_task(waiter(first), name="second")

        self.assertEqual(
            shape(run(main())),
            [
                "middle",
                ["plain", "deep", "middle"],
                [["first", ["waiter"], [["second", ["waiter"], [["main", ["main"], []]]]]]],
            ],
        )

    def test_V1_gather_shield_wait_and_groups(self):
        """V1"""

        async def main():
            async def look():
                await rondo.sleep(0)
                graphs.append(shape(rondo.capture_call_graph()))

            async def by_gather():
                await rondo.gather(look(), rondo.sleep(0))

            async def by_shield():
                await rondo.shield(rondo.create_task(look()))

            async def by_wait():
                await rondo.wait([rondo.create_task(look())])

            async def by_as_completed():
                async for _ in rondo.as_completed([look()]):
                    pass

            async def by_group():
                async with rondo.TaskGroup() as group:
                    group.create_task(look())

            async def by_gather_of_shields():
                await rondo.gather(rondo.shield(rondo.create_task(look())))

            for how in (by_gather, by_shield, by_wait, by_as_completed, by_group, by_gather_of_shields):
                graphs.clear()
                await rondo.create_task(how(), name=how.__name__)
                (_, functions, awaited_by), = graphs
                self.assertEqual(functions, ["look"])
                self.assertEqual([(name, stack[-1]) for name, stack, _ in awaited_by], [(how.__name__, how.__name__)])

        graphs = []
        run(main())

    def test_V1_a_member_that_is_awaited_too_is_there_once(self):
        """V1"""

        async def main():
            async with rondo.TaskGroup() as group:
                task = group.create_task(settle(), name="child")
                await rondo.sleep(0)

                async def look():
                    graphs.append(shape(rondo.capture_call_graph(task)))

                other = rondo.create_task(look())
                await task
            await other

        graphs = []
        run(main())
        name, _, awaited_by = graphs[0]
        self.assertEqual((name, len(awaited_by)), ("child", 1))

    def test_V3_suspended_tasks(self):
        """V3"""

        async def main():
            async def inner():
                await future

            async def outer():
                await inner()

            async def other():
                await future

            future = rondo.get_running_loop().create_future()
            tasks = [rondo.create_task(outer(), name="A"), rondo.create_task(other(), name="B")]
            await settle()
            graph = shape(rondo.capture_call_graph(future))
            single = shape(rondo.capture_call_graph(tasks[0]))
            future.set_result(None)
            await rondo.gather(*tasks)
            return graph, single, shape(rondo.capture_call_graph(future)), shape(rondo.capture_call_graph(tasks[0]))

        graph, single, later, done = run(main())
        self.assertEqual(graph, ["future", [], [["A", ["inner", "outer"], []], ["B", ["other"], []]]])
        self.assertEqual(single, ["A", ["inner", "outer"], []])
        self.assertEqual(later, ["future", [], []])
        self.assertEqual(done, ["A", [], []])

    def test_V2_from_outside(self):
        """V2"""
        with self.assertRaises(RuntimeError):
            rondo.capture_call_graph()
        self.assertRaises(RuntimeError, rondo.format_call_graph)

        async def main():
            loop = rondo.get_running_loop()
            loop.call_soon(lambda: seen.extend([rondo.capture_call_graph(), rondo.format_call_graph()]))
            await rondo.sleep(0)
            for wrong in (5, object()):
                with self.assertRaises(TypeError):
                    rondo.capture_call_graph(wrong)

        seen = []
        run(main())
        self.assertEqual(seen, [None, ""])
        loop = virtual()
        task = loop.create_task(settle())
        self.assertEqual(shape(rondo.capture_call_graph(task))[1], ["settle"])
        loop.run_until_complete(task)
        loop.close()

    def test_V2_depth_and_limit(self):
        """V2"""

        async def main():
            def one(**options):
                return shape(rondo.capture_call_graph(**options))[1]

            def two(**options):
                return one(**options)

            async def three():
                await rondo.sleep(0)
                return [
                    two(),
                    two(depth=2),
                    two(limit=1),
                    two(limit=-1),
                    two(limit=0),
                    two(limit=9),
                    shape(rondo.capture_call_graph(task, limit=1))[1],
                    shape(rondo.capture_call_graph(task, limit=-1))[1],
                    shape(rondo.capture_call_graph(task, limit=0))[1],
                ]

            async def inner():
                await rondo.sleep(1)

            async def outer():
                await inner()

            task = rondo.create_task(outer())
            await settle()
            return await three()

        self.assertEqual(
            run(main()),
            [
                ["one", "two", "three", "main"],
                ["two", "three", "main"],
                ["one"],
                ["main"],
                [],
                ["one", "two", "three", "main"],
                ["inner"],
                ["outer"],
                [],
            ],
        )

    def test_V1_edges_by_hand(self):
        """V1"""

        async def main():
            loop = rondo.get_running_loop()
            future, waiter = loop.create_future(), rondo.current_task()
            waiter.set_name("main")
            rondo.future_add_to_awaited_by(future, waiter)
            rondo.future_add_to_awaited_by(future, waiter)
            with_edge = shape(rondo.capture_call_graph(future))
            rondo.future_discard_from_awaited_by(future, waiter)
            rondo.future_discard_from_awaited_by(future, waiter)
            for nothing in ((future, 5), (5, future), (None, None)):
                rondo.future_add_to_awaited_by(*nothing)
                rondo.future_discard_from_awaited_by(*nothing)
            return with_edge, shape(rondo.capture_call_graph(future))

        with_edge, without = run(main())
        self.assertEqual(with_edge, ["future", [], [["main", ["main"], []]]])
        self.assertEqual(without, ["future", [], []])

    def test_a_gather_nobody_awaits_is_shown_itself(self):
        async def main():
            child = rondo.create_task(settle(), name="child")
            outer = rondo.gather(child)
            await rondo.sleep(0)
            graph = shape(rondo.capture_call_graph(child))
            await outer
            return graph

        self.assertEqual(run(main())[2], [["future", [], []]])

    def test_circles_end(self):
        """V5"""

        async def main():
            async def wait_for_the_other(i):
                await rondo.sleep(0)
                await tasks[1 - i]

            tasks = [rondo.create_task(wait_for_the_other(i), name=f"circle {i}") for i in range(2)]
            await settle()
            graph = shape(rondo.capture_call_graph(tasks[0]))
            text = rondo.get_running_loop().dump()
            for task in tasks:
                with contextlib.suppress(rondo.CancelledError):
                    task.cancel()
            return graph, text

        try:
            graph, text = run(main())
        except RecursionError:
            self.skipTest("cancelling a circle is CPython's own trap")
        self.assertEqual(graph[2][0][0], "circle 1")
        self.assertIn("circle", text)


class Text(unittest.TestCase):
    def test_V4_form(self):
        """V4"""

        async def main():
            def plain():
                return rondo.format_call_graph()

            async def generator():
                yield plain()

            async def inner():
                async for text in generator():
                    return text

            async def waiter():
                return await rondo.create_task(inner(), name="task")

            return await waiter()

        lines = run(main()).splitlines()
        patterns = [
            r"\* Task\(name='task', id=0x[0-9a-f]+\)",
            r"  \+ Call stack:",
            rf"  \|   File '{re.escape(HERE)}', line \d+, in Text.test_V4_form.<locals>.main.<locals>.plain\(\)",
            rf"  \|   File '{re.escape(HERE)}', line \d+, in async generator Text.*generator\(\)",
            rf"  \|   File '{re.escape(HERE)}', line \d+, in async Text.*inner\(\)",
            r"  \+ Awaited by:",
            r"    \* Task\(name='Task-\d+', id=0x[0-9a-f]+\)",
            r"      \+ Call stack:",
            rf"      \|   File '{re.escape(HERE)}', line \d+, in async Text.*waiter\(\)",
            rf"      \|   File '{re.escape(HERE)}', line \d+, in async Text.*main\(\)",
        ]
        self.assertEqual(len(lines), len(patterns), lines)
        for line, pattern in zip(lines, patterns):
            self.assertRegex(line, f"^{pattern}$")

    def test_V4_printed(self):
        """V4"""

        async def main():
            file = io.StringIO()
            future = rondo.get_running_loop().create_future()
            rondo.print_call_graph(future, file=file)
            self.assertRegex(file.getvalue(), r"^\* Future\(id=0x[0-9a-f]+\)\n$")
            with contextlib.redirect_stdout(io.StringIO()) as stdout:
                rondo.print_call_graph()
            self.assertIn("in async Text.test_V4_printed.<locals>.main()", stdout.getvalue())

        run(main())


class Dump(unittest.TestCase):
    def test_B18_all_tasks_as_a_tree(self):
        """B18, V7"""

        async def main():
            async def leaf():
                await rondo.sleep(5)

            async def inner(task):
                await task

            async def outer():
                await inner(rondo.create_task(leaf(), name="leaf"))

            rondo.create_task(outer(), name="outer")
            await settle()
            return rondo.get_running_loop().dump()

        text = run(main())
        where = {name: text.index(name) for name in ("outer", "inner() at", "outer() at", "leaf")}
        self.assertEqual(sorted(where, key=where.get)[0], "outer", text)
        self.assertLess(text.index("inner() at "), text.index("outer() at "), text)
        self.assertIn(f"leaf() at {HERE}:", text)
        self.assertIn("sleeping", text)

    def test_B18_a_long_story_is_cut(self):
        """B18"""

        async def main():
            async def deep(n):
                if n:
                    await deep(n - 1)
                else:
                    await rondo.sleep(1)

            rondo.create_task(deep(500), name="deep")
            await settle()
            return rondo.get_running_loop().dump()

        self.assertIn("deep", run(main()))

    def test_without_tasks(self):
        loop = virtual()
        self.assertIsInstance(loop.dump(), str)
        loop.close()


if __name__ == "__main__":
    unittest.main()
