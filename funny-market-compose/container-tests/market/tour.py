"""The tour of the checkout's README, as it stands there: each block is pasted into one shell, and prints what is shown below it."""

import os
import re
import subprocess
import time

END = "-- end of block --"


def blocks():
    text = open(f"{os.environ['REPOSITORIES']}/README.md").read()
    section = re.search(r"^## A tour.*?(?=^## )", text, re.M | re.S).group(0)
    found = re.findall(r"^```(\w+)\n(.*?)^```", section, re.M | re.S)
    for number, (kind, commands) in enumerate(found):
        if kind == "sh":
            shown = found[number + 1] if number + 1 < len(found) else ("sh", "")
            yield commands, "" if shown[0] == "sh" else shown[1]


class Shell:
    def __init__(self, address, certificate):
        environment = {**os.environ, "MARKET": address, "CURL_CA_BUNDLE": certificate}
        self.shell = subprocess.Popen(["timeout", "120", "bash", "--norc"], cwd=os.environ["REPOSITORIES"], env=environment, text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, commands):
        self.shell.stdin.write(f"{commands}\necho '{END}'\n")
        self.shell.stdin.flush()
        printed = ""
        for line in self.shell.stdout:
            if line.strip() == END:
                return printed
            printed += line
        raise AssertionError(f"the shell ended in\n{commands}\nafter\n{printed}")

    def end(self):
        self.shell.stdin.close()
        self.shell.wait(timeout=20)


def fits(printed, shown):
    return re.fullmatch(re.escape(shown.strip()).replace("…", ".*"), printed.strip(), re.S) is not None


def play(address, certificate):
    shell, played = Shell(address, certificate), 0
    try:
        for commands, shown in blocks():
            # What is only looked at is looked at again until it is as shown.
            looks = not re.search(r" -[dFX] | & ", commands)
            end = time.monotonic() + (30 if looks else 0)
            while True:
                printed = shell.run(commands)
                if fits(printed, shown):
                    break
                assert time.monotonic() < end, f"{commands}\nprinted\n{printed}\nand the README shows\n{shown}"
                time.sleep(0.1)
            played += 1
    finally:
        shell.end()
    assert played >= 15, f"only {played} blocks"
    print(f"{played} blocks are as shown")
