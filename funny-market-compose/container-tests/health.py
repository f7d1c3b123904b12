#!/usr/bin/env python3
"""Runs the health checks of podman's containers, which otherwise a systemd timer would run: often while a container starts, then
at the interval that its image or compose.yaml asks for."""

import json
import subprocess
import time

STARTING = 2.0
# A check of a container that is killed meanwhile may never end.
LONGEST = 30


def podman(*words):
    return subprocess.run(["podman", *words], capture_output=True, text=True).stdout


def containers():
    """The id, whether it starts, and the seconds between checks, of each running container that has a check."""
    names = podman("ps", "--quiet", "--no-trunc").split()
    for container in json.loads(podman("inspect", *names) or "[]") if names else []:
        check = container["Config"].get("Healthcheck")
        if check and check.get("Test", ["NONE"])[0] != "NONE":
            starting = container["State"]["Health"]["Status"] != "healthy"
            yield container["Id"], starting, check.get("Interval", 0) / 1e9 or 30


due, running = {}, {}
while True:
    for container, starting, interval in containers():
        now = time.monotonic()
        if container in running and running[container].poll() is None:
            continue
        if starting or due.get(container, 0) <= now:
            words = ["timeout", str(LONGEST), "podman", "healthcheck", "run", container]
            running[container] = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # At once would be too much for a small machine: the next one begins when this one has ended, or hangs.
            try:
                running[container].wait(timeout=3)
            except subprocess.TimeoutExpired:
                pass
            due[container] = now + interval
    time.sleep(STARTING)
