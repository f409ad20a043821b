"""An estate exported into PostgreSQL: a real server, installed from the distribution's packages, run on loopback in
a folder of its own, and stopped by its process id.

Usage: check_postgres.py COMMAND BIN, where BIN is the folder of PostgreSQL's programs
"""

import csv
import io
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

from common import Checks, Simulator

command, programs = sys.argv[1], pathlib.Path(sys.argv[2])
PASSWORD = "canary secret/%+word"
SCHEMA = "totalcloud"
LIMIT_SECONDS = 120

checks = Checks()
said = []


def as_owner(arguments):
    """The server refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *arguments] if os.geteuid() == 0 else list(arguments)


class Server:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = self.folder / "secret"
        secret.write_text(PASSWORD + "\n")
        self.certificate = self.folder / "server.crt"
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        # The certificate of a server may not be one of an authority.
        subject += ["-addext", "basicConstraints=critical,CA:FALSE"]
        key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(self.folder / "server.key")]
        subprocess.run(
            ["openssl", "req", "-x509", "-days", "2", *key, "-out", str(self.certificate), *subject],
            check=True,
            capture_output=True,
        )
        os.chmod(self.folder / "server.key", 0o600)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in [self.folder, *self.folder.iterdir()]:
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self.data = self.folder / "data"
        init = [programs / "initdb", "-D", self.data, "-U", "owner", "-E", "UTF8", "--locale=C", "--no-sync"]
        init += [f"--pwfile={secret}", "--auth=scram-sha-256"]
        self.run(as_owner(map(str, init)))
        # Connections without TLS are let in for nobody but the one that the check itself makes.
        rules = "local all owner scram-sha-256\nhostssl all owner 127.0.0.1/32 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(rules)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "ssl": "on",
            "ssl_cert_file": self.certificate,
            "ssl_key_file": self.folder / "server.key",
            "log_statement": "none",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.log = open(self.folder / "log", "wb")
        start = as_owner([str(programs / "postgres"), "-D", str(self.data), *flags])
        self.process = subprocess.Popen(start, stdout=self.log, stderr=self.log, cwd=self.folder)
        until = time.monotonic() + LIMIT_SECONDS
        while self.sql("SELECT 1", may_fail=True) is None:
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the server did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.1)
        self.sql("CREATE DATABASE security")

    def run(self, arguments):
        done = subprocess.run(arguments, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise SystemExit(f"{arguments}: {done.stderr}")

    def sql(self, text, database="security", may_fail=False):
        """The rows of a statement, through psql and the server's socket."""
        if text.startswith("CREATE DATABASE") or text == "SELECT 1":
            database = "postgres"
        arguments = [str(programs / "psql"), "-h", str(self.folder), "-p", str(self.port), "-U", "owner"]
        arguments += ["-d", database, "-X", "-v", "ON_ERROR_STOP=1", "--csv", "-t", "-c", text]
        done = subprocess.run(arguments, capture_output=True, text=True, env={**os.environ, "PGPASSWORD": PASSWORD})
        if done.returncode != 0:
            if may_fail:
                return None
            raise SystemExit(f"{text}: {done.stderr}")
        return list(csv.reader(io.StringIO(done.stdout)))

    def address(self, more=""):
        return f"postgres://owner@127.0.0.1:{self.port}/security{more}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pid = self.data / "postmaster.pid"
        if pid.exists():
            # "Fast": whoever is connected is sent away.
            os.kill(int(pid.read_text().split()[0]), signal.SIGINT)
        self.process.wait(timeout=30)
        self.log.close()


class Runner:
    """Calls the command and keeps what it says."""

    def __init__(self, sim, home):
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "NO_PROXY": "127.0.0.1",
            "TOTALCLOUD_URL": sim.url,
            "TOTALCLOUD_AUTH": "basic",
            "TOTALCLOUD_USERNAME": sim.ready["username"],
            "TOTALCLOUD_PASSWORD": sim.ready["password"],
            "TOTALCLOUD_CA_BUNDLE": sim.ready["ca"] or "",
            "TOTALCLOUD_ESTATE": f"{home}/estate",
        }

    def __call__(self, *arguments, **more):
        environment = {**self.environment, **more}
        done = subprocess.run(
            [command, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        said.append(done.stdout + done.stderr)
        return done

    def rows(self, query):
        done = self("query", query, "--format", "csv")
        checks.check(f"the estate answers {query[:60]}", done.returncode == 0, done.stderr[-400:])
        return list(csv.reader(io.StringIO(done.stdout)))[1:]


def ok(name, done):
    checks.check(name, done.returncode == 0, f"(ended with {done.returncode}: {done.stderr[-600:]})")


def counts(run, tables):
    parts = [f"SELECT '{t}' AS t, count(*) AS n FROM \"{t}\"" for t in tables]
    return {t: int(n) for t, n in run.rows(" UNION ALL ".join(parts))}


def counts_there(server, schema=SCHEMA):
    query = f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1"
    tables = [row[0] for row in server.sql(query)]
    parts = [f"SELECT '{t}', count(*) FROM {schema}.\"{t}\"" for t in tables]
    return {t: int(n) for t, n in server.sql(" UNION ALL ".join(parts))} if parts else {}


def compare(what, run, server):
    there = counts_there(server)
    checks.equal(f"{what}: as many rows in every table", there, counts(run, sorted(there)))
    for table, columns in [
        ("aws_ec2_instance", '"resourceId", "instanceState", "controlsFailed", tags[1][\'key\']'),
        ("account_evaluations", 'account, "controlId", result, "failedResources"'),
    ]:
        ours = run.rows(f"SELECT {columns} FROM {table}")
        theirs = server.sql(f"SELECT {columns} FROM {SCHEMA}.{table}".replace("tags[1]['key']", "tags->0->>'key'"))
        checks.check(f"{what}: {table} has rows", len(ours) > 3)
        checks.check(f"{what}: the rows of {table} are the same", sorted(ours) == sorted(theirs))


def refused(run, server):
    there = f"postgres://owner:{PASSWORD.replace('%', '%25').replace('/', '%2F')}@127.0.0.1:{server.port}/security"
    done = run("export", "controls", "--to", there)
    checks.check("a password among the arguments is refused", done.returncode == 2 and "PGPASSWORD" in done.stderr)
    done = run("export", "controls", "--to", server.address("?sslmode=require"), PGPASSWORD="wrong canary")
    checks.check("a wrong password is told", done.returncode == 1 and "password authentication failed" in done.stderr)
    checks.check("and not repeated", "wrong canary" not in done.stderr)
    done = run("export", "controls", "--to", server.address("?sslmode=disable"), PGPASSWORD=PASSWORD)
    checks.check("a server that wants TLS gets none where that was asked", done.returncode == 1)
    done = run("export", "controls", "--to", server.address("?sslmode=verify-full"), PGPASSWORD=PASSWORD)
    unknown = done.returncode == 1 and "certificate" in done.stderr.lower()
    checks.check("a certificate that nobody vouches for is refused", unknown, done.stderr[-300:])
    done = run("export", "no_such_table", "--to", server.address(), PGPASSWORD=PASSWORD)
    checks.check("a table that is not there is told", done.returncode == 4 and "no_such_table" in done.stderr)
    checks.equal("nothing was written by any of these", counts_there(server), {})


def change(sim):
    body = json.dumps({"hours": 24, "change": 0.2}).encode()
    context = ssl.create_default_context(cafile=sim.ready["ca"])
    request = urllib.request.Request(sim.url + "/_sim/advance", body, method="POST")
    urllib.request.urlopen(request, context=context, timeout=30).close()


def main(folder, home):
    with Server(folder) as server, Simulator(command, "--tls", "--seed", "7", "--size", "tiny") as sim:
        run = Runner(sim, home)
        ok("a sync", run("sync"))
        refused(run, server)

        to = ["--to", server.address(f"?sslmode=verify-full&sslrootcert={server.certificate}")]
        ok("an export of all tables", run("export", *to, PGPASSWORD=PASSWORD))
        compare("first", run, server)
        types = dict(
            server.sql(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
                f"WHERE attrelid = '{SCHEMA}.aws_ec2_instance'::regclass AND attnum > 0"
            )
        )
        wanted = {
            "_key": "text",
            "resourceId": "text",
            "controlsFailed": "bigint",
            "lastSeen": "timestamp with time zone",
            "tags": "jsonb",
            "additionalDetails": "jsonb",
        }
        checks.equal("columns have the types of the registry", {n: types.get(n) for n in wanted}, wanted)
        doc = f"SELECT col_description('{SCHEMA}.aws_ec2_instance'::regclass, attnum) FROM pg_attribute " \
              f"WHERE attrelid = '{SCHEMA}.aws_ec2_instance'::regclass AND attname = 'instanceState'"
        checks.check("and say what they mean", "Run state" in server.sql(doc)[0][0])

        done = run("export", "controls", *to, TOTALCLOUD_POSTGRES_PASSWORD=PASSWORD)
        ok("an export of what is there already", done)
        checks.check("which changes nothing", "0 new, 0 changed, 0 gone" in done.stderr, done.stderr)

        # A column that the registry has gained, and a row that somebody put in.
        server.sql(f'ALTER TABLE {SCHEMA}.aws_ec2_instance DROP COLUMN "imageId"')
        server.sql(f"INSERT INTO {SCHEMA}.aws_ec2_instance (_key) VALUES ('left over')")
        change(sim)
        ok("a sync after a day", run("sync"))
        whole = f"postgres://owner:{PASSWORD.replace('%', '%25').replace('/', '%2F')}@127.0.0.1:{server.port}/security?sslmode=require"
        done = run("export", "--to", "postgres", TOTALCLOUD_POSTGRES_URL=whole)
        ok("a second export, by the address in a variable", done)
        checks.check("it adds the column that was missing", "new columns imageId" in done.stderr, done.stderr[-600:])
        instances = [line for line in done.stderr.splitlines() if "aws_ec2_instance:" in line and "gone" in line]
        checks.check("rows changed and rows went", instances and not instances[0].endswith(" 0 gone"), str(instances))
        compare("second", run, server)
        image = server.sql(f'SELECT count("imageId") FROM {SCHEMA}.aws_ec2_instance')[0][0]
        checks.equal("and fills it", int(image), int(run.rows('SELECT count("imageId") FROM aws_ec2_instance')[0][0]))

        question = "SELECT account, count(*) AS controls, now() AS at FROM account_evaluations GROUP BY account"
        into = ["--sql", question, "--into", "controls_by_account", "--schema", "reports", "--key", "account"]
        ok("an answer", run("export", *into, *to, PGPASSWORD=PASSWORD))
        done = run("export", *into, *to, PGPASSWORD=PASSWORD)
        ok("the answer again", done)
        there = counts_there(server, "reports")
        checks.equal("it stands once", there, {"controls_by_account": len(run.rows(question))})
        wrong = run("export", "--sql", "SELECT 1 AS a UNION ALL SELECT 1", "--into", "x", "--key", "a", *to, PGPASSWORD=PASSWORD)
        checks.check("a key that is none is told", wrong.returncode == 2 and "more than once" in wrong.stderr, wrong.stderr)

        ok("a redacted export", run("export", "policies", "--redact", "--schema", "hidden", *to, PGPASSWORD=PASSWORD))
        shown = server.sql('SELECT DISTINCT "createdBy" FROM hidden.policies WHERE "createdBy" IS NOT NULL')
        checks.equal("it says nobody's name", shown, [["[redacted]"]])

        server.sql(f"ALTER TABLE {SCHEMA}.controls ALTER COLUMN criticality TYPE boolean USING false")
        done = run("export", "controls", *to, PGPASSWORD=PASSWORD)
        told = done.returncode == 2 and "criticality" in done.stderr and "ALTER TABLE" in done.stderr
        checks.check("a column of another type is told with what to do", told, done.stderr[-400:])


if os.geteuid() == 0 and shutil.which("runuser") is None:
    raise SystemExit("runuser is missing, and the server refuses to run as root")
with tempfile.TemporaryDirectory(prefix="totalcloud-pg-", dir="/tmp") as folder:
    with tempfile.TemporaryDirectory(prefix="totalcloud-home-", dir="/tmp") as home:
        main(folder, home)
outputs = "".join(said)
checks.check("no output holds the password", PASSWORD not in outputs and "canary" not in outputs)
checks.end()
