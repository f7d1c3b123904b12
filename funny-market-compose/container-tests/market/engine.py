"""The market in containers, as its operator commands it."""

import json
import os
import shutil
import socket
import subprocess
import time

ENGINE = os.environ["ENGINE"]
FOLDER = os.environ["FOLDER"]
COMPOSE = os.environ["COMPOSE"]
PROJECT = os.environ["PROJECT"]


def command(*words, check=True, seconds=300, **options):
    """Runs a program and gives what it prints; what it says goes into the message if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_until(what, condition, seconds=60):
    """Waits for a condition, and gives what it gave."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except (OSError, AssertionError, KeyError, IndexError) as e:
            last = e
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}" + (f" ({last})" if last else ""))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def free_network(taken):
    """The first three numbers of a network that this machine has no route to."""
    routes = command("ip", "-4", "route") if shutil.which("ip") else ""
    for second, third in ((s, t) for s in (30, 29, 28) for t in range(0, 250)):
        network = f"172.{second}.{third}"
        if network not in taken and f"{network}." not in routes:
            return network
    raise AssertionError("no free network")


class Market:
    """One market, in a copy of compose.yaml and the files that it mounts."""

    def __init__(self):
        self.folder = f"{FOLDER}/market"
        # A run that was cut off may have left its market, and volumes that know other passwords.
        command(f"{FOLDER}/wheels/bin/docker-compose", "--project-name", PROJECT, "down", "--volumes", "--timeout", "5")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        for name in ("compose.yaml", "make-env", "nginx", "rabbitmq", "mongodb", "kubernetes", "monitoring"):
            copy = shutil.copytree if os.path.isdir(f"{COMPOSE}/{name}") else shutil.copy2
            copy(f"{COMPOSE}/{name}", f"{self.folder}/{name}")
        command(f"{self.folder}/make-env")
        self.ports = {name: free_port() for name in (
            "MARKET_PORT", "OPERATORS_PORT", "SECOND_MARKET_PORT", "SECOND_OPERATORS_PORT", "HTTP_PORT", "HTTPS_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT")}
        network = free_network([])
        settings = {**self.ports, "MARKET_NETWORK": network, "EDGE_NETWORK": free_network([network])}
        with open(f"{self.folder}/.env", "a") as env:
            env.writelines(f"{name}={value}\n" for name, value in settings.items())
        self.certificate = f"{self.folder}/tls/certificate.pem"
        self.http = f"http://localhost:{self.ports['MARKET_PORT']}"
        self.https = f"https://localhost:{self.ports['HTTPS_PORT']}"
        self.files = ["compose.yaml", f"{FOLDER}/names.yaml"]
        self.write_names()

    def write_names(self):
        """Images of this project's own, and what the engine cannot do."""
        project = json.loads(command(*self.program(), "-f", "compose.yaml", "--profile", "*", "config", "--format", "json", cwd=self.folder))
        services = {}
        for name, service in project["services"].items():
            change = services.setdefault(name, {})
            if service.get("build"):
                change["image"] = f"docker.io/library/{PROJECT}-fm-{name.split('-')[1]}"
        text = "services:\n"
        for name, service in project["services"].items():
            lines = []
            if service.get("build"):
                lines.append(f"    image: docker.io/library/{PROJECT}-fm-{name.split('-')[1]}\n    pull_policy: never\n")
            if ENGINE == "podman" and "start_interval" in service.get("healthcheck", {}):
                # Its API is older than that; health.py looks often while a container starts.
                lines.append("    healthcheck: { start_interval: !reset null }\n")
            text += f"  {name}:\n{''.join(lines)}" if lines else ""
        with open(f"{FOLDER}/names.yaml", "w") as names:
            names.write(text)
        if ENGINE == "podman":
            self.files.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stand-ins.yaml"))

    def program(self):
        return [f"{FOLDER}/wheels/bin/docker-compose", "--project-name", PROJECT, "--project-directory", self.folder]

    def compose(self, *words, seconds=400):
        files = [word for file in self.files for word in ("-f", file)]
        return command(*self.program(), *files, "--profile", "tls", "--progress", "plain", *words, cwd=self.folder, seconds=seconds)

    def up(self, *words):
        return self.compose("up", "--detach", "--no-build", *words)

    def containers(self, *services, all=False):
        """What the engine knows of the containers of some services, or of all."""
        listed = command(ENGINE, "ps", "--quiet", "--no-trunc", *(["--all"] if all else []),
                         "--filter", f"label=com.docker.compose.project={PROJECT}").split()
        inspected = json.loads(command(ENGINE, "inspect", *listed)) if listed else []
        found = [c for c in inspected if not services or service_of(c) in services]
        return sorted(found, key=lambda c: c["Name"])

    def healthy(self, *services):
        """Waits until each container of the services that has a check is well."""
        wait_until(f"{services or 'all'} are healthy", lambda: self.unwell(*services) == [], 240)

    def unwell(self, *services):
        found = self.containers(*services)
        if services and not found:
            return list(services)
        return [c["Name"] for c in found if "Healthcheck" in c["Config"] and c["State"]["Health"]["Status"] != "healthy"]

    def kill(self, container):
        command(ENGINE, "kill", "--signal", "KILL", container["Id"])

    def start(self, container):
        command(ENGINE, "start", container["Id"])

    def logs(self):
        for container in self.containers(all=True):
            with open(f"{FOLDER}/logs/{container['Name'].strip('/')}.log", "w") as file:
                subprocess.run([ENGINE, "logs", container["Id"]], stdout=file, stderr=subprocess.STDOUT, timeout=60)


def service_of(container):
    return container["Config"]["Labels"]["com.docker.compose.service"]


def address_of(container, network):
    return container["NetworkSettings"]["Networks"][f"{PROJECT}_{network}"]["IPAddress"]
