"""Who comes to the market from outside."""

import http.client
import json
import re
import secrets
import ssl
import threading
import time
import urllib.parse


class Answer:
    def __init__(self, raw):
        self.status = raw.status
        self.headers = raw.headers
        self.body = raw.read()

    def json(self):
        return json.loads(self.body)


class Visitor:
    """Comes by one address, and keeps its cookies."""

    def __init__(self, address, certificate):
        self.address = urllib.parse.urlsplit(address)
        self.trust = ssl.create_default_context(cafile=certificate)
        self.token = None
        self.cookies = {}

    def origin(self):
        return f"{self.address.scheme}://{self.address.netloc}"

    def send(self, method, path, body=None, headers=(), seconds=30):
        kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
        options = {"context": self.trust} if self.address.scheme == "https" else {}
        connection = kind(self.address.hostname, self.address.port, timeout=seconds, **options)
        headers = dict(headers)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if isinstance(body, dict):
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def get(self, path, **options):
        return self.send("GET", path, **options)

    def expect(self, status, method, path, body=None, **options):
        answer = self.send(method, path, body, **options)
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.body[:300]}"
        return answer

    def sign_up(self):
        name, password = f"u{secrets.token_hex(5)}", secrets.token_hex(12)
        account = {"username": name, "email": f"{name}@example.com", "password": password}
        self.expect(201, "POST", "/api/auth/sign-up", account)
        self.token = self.expect(200, "POST", "/api/auth/sign-in", {"login": name, "password": password}).json()["access_token"]
        return name, password

    def list_car(self):
        car = {"maker": "audi", "model": "a4", "year": 2019, "price": 18500, "color": "blue", "engine": "diesel", "description": "Runs."}
        return self.expect(201, "POST", "/api/cars", car).json()["id"]

    def form(self, path, fields, origin=None):
        """Fills in the form of a page, as a browser does that sends `Origin` alone."""
        page = self.expect(200, "GET", path).body.decode()
        token = re.search(r'name="form_token" value="([^"]+)"', page).group(1)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin or self.origin()}
        return self.send("POST", path, urllib.parse.urlencode({"form_token": token, **fields}), headers=headers)


class Crowd:
    """Visitors who ask for pages all the time; counts what they got."""

    def __init__(self, visitor, paths, people=4):
        self.visitor, self.paths, self.people = visitor, paths, people
        self.asked, self.failed, self.slowest = 0, [], 0.0
        self.lock, self.leaving = threading.Lock(), threading.Event()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.ask, args=(n,)) for n in range(self.people)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.leaving.set()
        for thread in self.threads:
            thread.join()

    def ask(self, number):
        began = time.monotonic()
        while not self.leaving.is_set():
            path = self.paths[number % len(self.paths)]
            number += 1
            asked = time.monotonic()
            try:
                status = self.visitor.get(path).status
            except (OSError, http.client.HTTPException) as e:
                status = repr(e)
            with self.lock:
                self.asked += 1
                self.slowest = max(self.slowest, time.monotonic() - asked)
                if status != 200:
                    self.failed.append(f"{asked - began:.1f} s: {path}: {status}")
            self.leaving.wait(0.02)

    def without_failure(self, least):
        print(f"{self.asked} requests, the slowest took {self.slowest:.2f} s, failed: {len(self.failed)}")
        assert not self.failed, self.failed[:10]
        assert self.asked >= least, f"only {self.asked} requests"
