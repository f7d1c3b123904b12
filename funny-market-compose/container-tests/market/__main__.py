"""Plays the life of a market in containers, from `up` to `down`; every behaviour is a test."""

import os
import sys
import time
import traceback

from . import life
from .engine import FOLDER, Market


def outcome(name, test, market):
    """Runs a test; gives what it said, and where it failed."""
    with open(f"{FOLDER}/{name}.log", "w") as log:
        sys.stdout, out = log, sys.stdout
        try:
            test(market)
            error = None
        except Exception:
            error = traceback.format_exc()
        finally:
            sys.stdout = out
    with open(log.name) as log:
        return log.read().strip(), error


def main():
    os.makedirs(f"{FOLDER}/logs", exist_ok=True)
    passed = failed = 0
    market, stop = Market(), False
    try:
        for name, test in life.tests():
            began = time.monotonic()
            said, error = ("", "the market is not up") if stop else outcome(name, test, market)
            if error and not stop and test is not life.the_market_starts_from_compose_yaml:
                # A machine that stands still for half a minute fails any of them; what is wrong fails twice.
                print(f"once more: {name}\n{said}\n{error}", flush=True)
                market.logs()
                said, error = outcome(name, test, market)
            if error is None:
                passed += 1
                print(f"test {name} ... ok ({time.monotonic() - began:.0f} s{'; ' + said if said else ''})", flush=True)
            else:
                failed += 1
                stop = stop or test is life.the_market_starts_from_compose_yaml
                print(f"test {name} ... FAILED\n{said}\n{error}", flush=True)
                market.logs()
    finally:
        market.compose("down", "--volumes", "--timeout", "5")
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed; 0 ignored")
    sys.exit(failed > 0 or passed == 0)


main()
