"""What reaches the exception handler: failures nobody awaits, from Python callbacks and from the library."""

import traceback
from asyncio.log import logger

from . import _ffi, _futures
from ._errors import to_exception
from ._handles import describe_callback
from ._tasks import Task


class Reports:
    """The part of a loop that tells of errors."""

    def __init__(self):
        self._exception_handler = None
        self._escaped = None  # what an exception handler raised outside a run
        self._current_handle = None  # debug mode: the callback or task whose turn it is
        self._latest_handle = None  # and the one whose turn it was last

    def get_exception_handler(self):
        return self._exception_handler

    def set_exception_handler(self, handler):
        if handler is not None and not callable(handler):
            raise TypeError(f"A callable object or None is expected, got {handler!r}")
        self._exception_handler = handler

    def call_exception_handler(self, context):
        """Tells the handler, in the context of the task or handle in question. Only KeyboardInterrupt and SystemExit
        come out of it."""
        handler = self._exception_handler
        if handler is None:
            self._call_default_handler(context, "Exception in default exception handler")
            return
        try:
            thing = next((context[key] for key in ("task", "future", "handle") if context.get(key) is not None), None)
            inside = thing.get_context() if hasattr(thing, "get_context") else None
            if inside is None:
                handler(self, context)
            else:
                inside.run(handler, self, context)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as exception:
            report = {"message": "Unhandled error in exception handler", "exception": exception, "context": context}
            self._call_default_handler(
                report, "Exception in default exception handler while handling an unexpected error in custom exception handler"
            )

    def _call_default_handler(self, context, complaint):
        try:
            self.default_exception_handler(context)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:
            logger.error(complaint, exc_info=True)

    def default_exception_handler(self, context):
        """Logs the report to the logger "asyncio"."""
        exception = context.get("exception")
        if "source_traceback" not in context and (origin := self._origin_of_the_current()):
            context["handle_traceback"] = origin
        lines = [context.get("message") or "Unhandled exception in event loop"]
        for key in sorted(context):
            if key in ("message", "exception"):
                continue
            value = context[key]
            if key in ("source_traceback", "handle_traceback"):
                noun = "Object" if key == "source_traceback" else "Handle"
                stack = "".join(traceback.format_list(value)).rstrip()
                lines.append(f"{key}: {noun} created at (most recent call last):\n{stack}")
            else:
                lines.append(f"{key}: {value!r}")
        told = False if exception is None else (type(exception), exception, exception.__traceback__)
        logger.error("\n".join(lines), exc_info=told)

    def _origin_of_the_current(self):
        handle = self._current_handle if self._debug else None
        return None if handle is None else handle._source_traceback

    def _callback_failed(self, handle, exception):
        what = describe_callback(handle._callback, handle._args, self._debug)
        context = {"message": f"Exception in callback {what}", "exception": exception, "handle": handle}
        if handle._source_traceback:
            context["source_traceback"] = handle._source_traceback
        self.call_exception_handler(context)

    def _tell(self, report):
        """A report of the library."""
        if report.flags & _ffi.REPORT_WARNING and report.duration_ns:
            self._tell_of_slowness(report)
            return
        context = {"message": report.message.decode("utf-8", "replace")}
        subject = None
        for key in ("future", "task"):
            if address := getattr(report, key):
                context[key] = subject = self._subject_of(address)
        if report.error:
            context["exception"] = to_exception(report.error, subject)
        if subject is not None and subject._source_traceback:
            context["source_traceback"] = subject._source_traceback
        try:
            self.call_exception_handler(context)
        except BaseException as exception:
            if self.is_running():
                self._interrupt(exception)
            else:
                self._escaped = exception

    def _tell_of_slowness(self, report):
        handle = self._latest_handle
        what = report.message.decode("utf-8", "replace") if handle is None else repr(handle)
        logger.warning("Executing %s took %.3f seconds", what, report.duration_ns / 1e9)

    def _subject_of(self, address):
        dying = _futures.dying
        if dying is None or dying._h != address:
            return self._leaving.get(address) or self.wrap_native(address, retain=True)
        if isinstance(dying, Task):
            dying._name = dying.get_name()  # the handler may keep the object, whose native half ends now
        return dying


@_ffi.ReportCallback
def _report(loop, native_loop, report):
    loop._tell(report.contents)


REPORT_ADDRESS = _ffi.address_of(_report)
