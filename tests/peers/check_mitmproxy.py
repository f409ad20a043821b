"""The command goes through a real proxy that inspects TLS, with and without what the proxy asks for.

Usage: check_mitmproxy.py COMMAND
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode

from common import Checks, Simulator

command = sys.argv[1]
USER, PASSWORD, WRONG = "jane", "canary-proxy/pass", "canary-wrong-pass"
LISTING = ["resources", "list", "--provider", "aws", "--type", "ebs", "--strict", "-vvv"]

checks = Checks()


class Proxy:
    """mitmdump on a free port with an authority of its own; stopped by its process id."""

    def __init__(self, folder, upstream_ca, *flags):
        program = pathlib.Path(sys.executable).with_name("mitmdump")
        arguments = ["--listen-host", "127.0.0.1", "--listen-port", "0"]
        arguments += ["--set", f"confdir={folder}", "--set", f"ssl_verify_upstream_trusted_ca={upstream_ca}"]
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [program, *arguments, *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.lines = []
        self.address = None
        for line in self.process.stdout:
            self.lines.append(line)
            if "listening at" in line:
                self.address = line.split("listening at ")[1].strip().rstrip(".").removeprefix("*:")
                break
        if self.address is None:
            raise SystemExit("mitmdump did not start: " + "".join(self.lines))
        # Its pipe must not fill up.
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()
        self.ca = str(pathlib.Path(folder) / "mitmproxy-ca-cert.pem")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.reader.join(timeout=20)

    def inspected(self):
        return sum("/rest/v1/resource/" in line for line in self.lines)


def run(simulator, *arguments, **settings):
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "TOTALCLOUD_URL": simulator.url,
            "TOTALCLOUD_USERNAME": simulator.ready["username"],
            "TOTALCLOUD_PASSWORD": simulator.ready["password"],
        }
        environment.update(settings)
        done = subprocess.run([command, *arguments], env=environment, capture_output=True, text=True, timeout=180)
    said = done.stdout + done.stderr
    secrets = [PASSWORD, PASSWORD.replace("/", "%2F"), WRONG, simulator.ready["password"]]
    secrets += [b64encode(f"{USER}:{p}".encode()).decode() for p in (PASSWORD, WRONG)]
    found = [s for s in secrets if s in said]
    checks.check("no secret is told", not found, f"{found} in {said}")
    return done


def complete(name, done, simulator):
    rows = done.stdout.count("\n")
    checks.equal(f"{name}: the listing is complete and typed", (done.returncode, rows), (0, TOTAL))
    if done.returncode:
        print(done.stderr, file=sys.stderr)


def refused(name, done, *words):
    checks.equal(f"{name}: exit code", done.returncode, 1)
    for word in words:
        checks.check(f"{name}: says '{word}'", word in done.stderr, done.stderr)


with Simulator(command, "--tls", "--size", "small", "--seed", "3") as sim, tempfile.TemporaryDirectory() as folder:
    TOTAL = sim.ready["totals"]["aws/EBS"]
    checks.check("there is something to list", TOTAL > 10, str(TOTAL))
    upstream = sim.ready["ca"]

    with Proxy(folder, upstream) as proxy:
        url = f"http://{proxy.address}"
        complete("CONNECT", run(sim, *LISTING, "--proxy", url, TOTALCLOUD_CA_BUNDLE=proxy.ca), sim)
        environment = {"HTTPS_PROXY": url, "TOTALCLOUD_CA_BUNDLE": proxy.ca}
        complete("HTTPS_PROXY", run(sim, *LISTING, **environment), sim)
        complete("HTTP/1.1", run(sim, *LISTING, "--http2", "off", **environment), sim)
        tls = run(sim, *LISTING, "--proxy", url, TOTALCLOUD_CA_BUNDLE=upstream)
        refused("without its CA", tls, "issued by 'mitmproxy", "interception", "--ca-bundle", "TOTALCLOUD_CA_BUNDLE")
        checks.check("without its CA: names the operation", "resources.list" in tls.stderr, tls.stderr)
        doctor = run(sim, "doctor", "--format", "csv", TOTALCLOUD_CA_BUNDLE=upstream, TOTALCLOUD_PROXY=url)
        checks.equal("doctor without its CA: exit code", doctor.returncode, 1)
        checks.check("doctor without its CA: names it", "issued by 'mitmproxy" in doctor.stdout, doctor.stdout)
        doctor = run(sim, "doctor", "--format", "csv", TOTALCLOUD_CA_BUNDLE=proxy.ca, TOTALCLOUD_PROXY=url)
        checks.equal("doctor with its CA: exit code", doctor.returncode, 0)
        if doctor.returncode:
            print(doctor.stdout, doctor.stderr, file=sys.stderr)
    seen = proxy.inspected()
    checks.check("the proxy saw the calls inside TLS", seen >= 3, f"{seen}: {''.join(proxy.lines[-5:])}")

    with Proxy(folder, upstream) as proxy:
        environment = {"HTTPS_PROXY": f"http://{proxy.address}", "TOTALCLOUD_CA_BUNDLE": upstream}
        complete("NO_PROXY", run(sim, *LISTING, **environment, NO_PROXY="127.0.0.0/8"), sim)
        url = f"http://{proxy.address}"
        complete("--no-proxy", run(sim, *LISTING, "--proxy", url, "--no-proxy", "127.0.0.1", **environment), sim)
        complete("--proxy none", run(sim, *LISTING, "--proxy", "none", **environment), sim)
    checks.equal("the proxy is gone around", proxy.inspected(), 0)

    with Proxy(folder, upstream, "--proxyauth", f"{USER}:{PASSWORD}") as proxy:
        url = f"http://{USER}@{proxy.address}"
        environment = {"TOTALCLOUD_CA_BUNDLE": proxy.ca}
        right = run(sim, *LISTING, "--proxy", url, TOTALCLOUD_PROXY_PASSWORD=PASSWORD, **environment)
        complete("with a login", right, sim)
        inside = f"http://{USER}:{PASSWORD.replace('/', '%2F')}@{proxy.address}"
        complete("with a login in the address", run(sim, *LISTING, TOTALCLOUD_PROXY=inside, **environment), sim)
        complete("with a login in HTTPS_PROXY", run(sim, *LISTING, HTTPS_PROXY=inside, **environment), sim)
        wrong = run(sim, *LISTING, "--proxy", url, TOTALCLOUD_PROXY_PASSWORD=WRONG, **environment)
        refused("a wrong password of the proxy", wrong, proxy.address, "refuses those given", "TOTALCLOUD_PROXY_PASSWORD")
        nobody = run(sim, *LISTING, "--proxy", f"http://{proxy.address}", **environment)
        refused("no login", nobody, proxy.address, "none are given")
    checks.check("the proxy with a login saw calls", proxy.inspected() >= 3)

    with Proxy(folder, upstream, "--mode", "socks5") as proxy:
        url = f"socks5h://{proxy.address}"
        complete("SOCKS5", run(sim, *LISTING, "--proxy", url, TOTALCLOUD_CA_BUNDLE=proxy.ca), sim)
        refused("SOCKS5 without its CA", run(sim, *LISTING, "--proxy", url, TOTALCLOUD_CA_BUNDLE=upstream), "interception")
    checks.check("the SOCKS5 proxy saw the calls", proxy.inspected() >= 1)

    gone = run(sim, *LISTING, "--proxy", f"http://{USER}@{proxy.address}", TOTALCLOUD_PROXY_PASSWORD=PASSWORD)
    refused("a proxy that is gone", gone, proxy.address, "could not be reached")

checks.end()
