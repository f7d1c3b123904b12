"""peer.py respond URL QUEUE PREFETCH | call URL QUEUE CONCURRENCY SECONDS

Calls over RabbitMQ by Nameko, with the work that fm-sdk does. QUEUE is the service's name.
Environment: BENCH_TOKEN (HS256), BENCH_SECRET.
"""

import warnings

warnings.filterwarnings("ignore")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import deque  # noqa: E402

import jwt  # noqa: E402
from nameko.rpc import rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from nameko.standalone.rpc import ClusterRpcProxy  # noqa: E402

DEADLINE = 5.0
VERIFIED = {}


def verify(token):
    """Checks a signature once."""
    expires = VERIFIED.get(token)
    if expires is None:
        claims = jwt.decode(token, os.environ["BENCH_SECRET"], algorithms=["HS256"], audience="funny-market")
        expires = VERIFIED[token] = claims["exp"]
    if expires <= time.time():
        raise PermissionError("token-expired")


def respond(url, name, prefetch):
    class Peer:
        pass

    Peer.name = name

    def echo(self, message, token, deadline):
        if deadline <= time.time():
            raise TimeoutError("expired")
        verify(token)
        return message["text"]

    Peer.echo = rpc(echo)
    runner = ServiceRunner({"AMQP_URI": url, "max_workers": prefetch})
    runner.add_service(Peer)
    runner.start()
    print("ready", flush=True)
    runner.wait()


def call(url, name, concurrency, seconds):
    text, micros, pending = "x" * 300, [], deque()
    token = os.environ["BENCH_TOKEN"]
    with ClusterRpcProxy({"AMQP_URI": url}, timeout=DEADLINE) as services:
        echo = services[name].echo

        def send():
            at = time.perf_counter()
            pending.append((at, echo.call_async({"text": text}, token, time.time() + DEADLINE)))

        begun = time.perf_counter()
        for _ in range(concurrency):
            send()
        while pending:
            at, reply = pending.popleft()
            reply.result()
            micros.append((time.perf_counter() - at) * 1e6)
            if time.perf_counter() - begun < seconds:
                send()
        took = time.perf_counter() - begun
    print(json.dumps({"rate": len(micros) / took, "micros": micros}), flush=True)


if __name__ == "__main__":
    role, url, name, *numbers = sys.argv[1:]
    if role == "respond":
        respond(url, name, int(numbers[0]))
    else:
        call(url, name, int(numbers[0]), float(numbers[1]))
