"""The manifests of ../kubernetes, rendered as `kubectl apply -k` does."""

import base64
import os
import re

import yaml

from .engine import FOLDER, command

# The last three versions of Kubernetes.
VERSIONS = ("1.35.0", "1.36.0", "1.37.0")
WHEELS = f"{FOLDER}/wheels/bin"


def render(market, size):
    """The manifests of `small` or `ha`, with the passwords of this market."""
    folder = f"{market.folder}/kubernetes"
    command(f"{folder}/make-secrets")
    return read(folder, size)


def render_as_in_readme(market):
    """What the first commands of the README make, pasted into a shell as they stand there."""
    folder = f"{market.folder}/kubernetes"
    commands = re.search(r"^```sh\n(.*?)^```", open(f"{folder}/README.md").read(), re.M | re.S).group(1)
    command("bash", "-euc", commands, cwd=folder)
    return read(folder, "mine")


def read(folder, size):
    text = command(f"{WHEELS}/kubectl", "kustomize", f"{folder}/{size}")
    with open(f"{FOLDER}/{size}.yaml", "w") as file:
        file.write(text)
    return f"{FOLDER}/{size}.yaml", list(yaml.safe_load_all(text))


def validate(file):
    for version in VERSIONS:
        command(f"{WHEELS}/kubernetes-validate", "--strict", "--quiet", "--kubernetes-version", version, file)


def templates(manifests):
    """The pods of each workload, by its kind and name."""
    return {(m["kind"], m["metadata"]["name"]): m["spec"]["template"] for m in manifests if "template" in m.get("spec", {})}


def names(manifests, kind):
    return {m["metadata"]["name"] for m in manifests if m["kind"] == kind}


def as_pods(manifests):
    """What `podman kube play` can do of them: deployments with their settings and volumes."""
    played = []
    for manifest in manifests:
        if manifest["kind"] == "Secret":
            # podman 4.3 cannot read again the secrets that it has stored.
            values = {name: base64.b64decode(value).decode() for name, value in manifest["data"].items()}
            if "FM_STORE" in values:
                # The stand-in for MongoDB knows no users.
                values["FM_STORE"] = "mongodb://mongodb:27017"
            played.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": manifest["metadata"], "data": values})
        if manifest["kind"] == "ConfigMap":
            played.append(manifest)
        if manifest["kind"] == "Deployment":
            pod = manifest["spec"]["template"]["spec"]
            program = pod["containers"][0]
            program["image"] = f"docker.io/library/{os.environ['PROJECT']}-{manifest['metadata']['name']}"
            program["envFrom"] = [{"configMapRef": reference} for source in program["envFrom"] for reference in source.values()]
            # podman asks by a program in the container, and there is none; it publishes ports on the host, and knows no address before a
            # pod runs.
            for key in ("startupProbe", "readinessProbe", "livenessProbe", "ports"):
                program.pop(key)
            program["env"] = [variable for variable in program["env"] if variable["name"] not in ("POD_IP", "FM_ADVERTISE")]
            pod["volumes"] = [{"name": volume["name"], "emptyDir": {}} for volume in pod["volumes"]]
            played.append(manifest)
    return played
