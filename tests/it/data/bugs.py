"""Twenty bugs, each raised once and told in four ways: by the SDK, by the shim, by the log and by the old module's file."""

import asyncio
import json
import logging
import os
import sys
import traceback

import sentry_sdk

import error_tracker


class FuelError(Exception):
    pass


class Fleet:
    def __init__(self):
        self.trucks = {"DO9693": None}

    def get(self, truck):
        return self.trucks[truck]

    def speed(self, truck):
        return self.get(truck).speed

    @staticmethod
    def parse(text):
        return int(text)


def value_a(x):
    if x:
        raise ValueError("bad value %s" % x)


def value_twice(x):
    if x > 1:
        raise ValueError("too large: %d" % x)
    raise ValueError("too small: %d" % x)


def chained():
    try:
        Fleet().get("X1")
    except KeyError as error:
        raise FuelError("no truck") from error


def context():
    try:
        Fleet().get("X2")
    except KeyError:
        Fleet().parse("x")


def suppressed():
    try:
        Fleet().get("X3")
    except KeyError:
        raise FuelError("hidden") from None


def recursion(n=0):
    return recursion(n + 1)


def deep(n):
    if n == 0:
        raise FuelError("at the bottom")
    return deep(n - 1)


def outer():
    def inner():
        return [1][5]

    return inner()


def generator():
    yield 1
    raise FuelError("in a generator")


async def awaited():
    await asyncio.sleep(0)
    raise FuelError("in a task")


def group():
    errors = []
    for call in (lambda: value_a(3), lambda: Fleet().parse("y")):
        try:
            call()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("several", errors)


BUGS = [
    lambda: Fleet().get("DO9694"),
    lambda: Fleet().speed("DO9693"),
    lambda: Fleet.parse("twelve"),
    lambda: value_a(1),
    lambda: value_twice(1),
    lambda: value_twice(2),
    chained,
    context,
    suppressed,
    recursion,
    lambda: deep(5),
    outer,
    lambda: list(generator()),
    lambda: asyncio.run(awaited()),
    lambda: 1 / 0,
    lambda: open("/no/such/file"),
    lambda: json.loads("{"),
    lambda: "a" + 1,
    lambda: __import__("no_such_module"),
    lambda: max([]),
]
if sys.version_info >= (3, 11):
    BUGS[17] = group


def main():
    logging.basicConfig(filename="backend.log", format="%(asctime)s [%(levelname)s] %(name)s - %(message)s")
    sentry_sdk.init(os.environ["SENTRY_DSN"], default_integrations=False)
    old = []
    for bug in BUGS:
        try:
            bug()
        except Exception as error:
            sentry_sdk.capture_exception(error)
            error_tracker.track_error(error)
            logging.exception("failed")
            old.append({"timestamp": "2026-11-20T10:00:00", "type": type(error).__name__, "message": str(error),
                        "context": None, "endpoint": None, "request_data": None,
                        "traceback": traceback.format_exc(), "count": 1})
    sentry_sdk.flush()
    with open("error_tracking.json", "w") as file:
        json.dump({"errors": old, "error_counts": {}, "last_updated": ""}, file)


main()
