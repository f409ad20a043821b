"""The command signs in at a real OpenID provider and hands out the provider's token.

Usage: check_openid.py COMMAND FOLDER-WITH-THE-PROVIDER
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

from common import Checks

command, home = sys.argv[1:3]
CLIENT, SECRET, USER, PASSWORD = "cloud-client", "s3cret-of-the-client", "jane", "pass word&more"

checks = Checks()
provider = subprocess.Popen(
    ["node", "provider.mjs", CLIENT, SECRET, USER, PASSWORD], cwd=home, stdout=subprocess.PIPE, text=True
)
port = provider.stdout.readline().strip()
issuer = f"http://127.0.0.1:{port}"


def sign_in(**settings):
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TOTALCLOUD_AUTH": "idp",
            "TOTALCLOUD_URL": issuer,
            "TOTALCLOUD_TOKEN_URL": f"{issuer}/token",
            "TOTALCLOUD_CLIENT_ID": CLIENT,
            "TOTALCLOUD_CLIENT_SECRET": SECRET,
        }
        environment.update(settings)
        return subprocess.run(
            [command, "auth", "token"], env=environment, capture_output=True, text=True, timeout=60
        )


def introspect(token):
    form = urllib.parse.urlencode({"token": token, "client_id": CLIENT, "client_secret": SECRET}).encode()
    with urllib.request.urlopen(f"{issuer}/token/introspection", form, timeout=30) as answer:
        return json.load(answer)


try:
    done = sign_in(TOTALCLOUD_SCOPE="cloud")
    checks.equal("client credentials: exit code", done.returncode, 0)
    seen = introspect(done.stdout.strip())
    checks.check("client credentials: the provider knows the token", seen.get("active") is True, str(seen))
    checks.equal("client credentials: scope", seen.get("scope"), "cloud")

    done = sign_in(TOTALCLOUD_USERNAME=USER, TOTALCLOUD_PASSWORD=PASSWORD, TOTALCLOUD_SCOPE="openid profile")
    checks.equal("password grant: exit code", done.returncode, 0)
    seen = introspect(done.stdout.strip())
    checks.equal("password grant: the token is the user's", (seen.get("active"), seen.get("sub")), (True, USER))

    done = sign_in(TOTALCLOUD_USERNAME=USER, TOTALCLOUD_PASSWORD="wrong-password")
    checks.equal("a wrong password: exit code", done.returncode, 3)
    said = done.stdout + done.stderr
    checks.check("a wrong password: the provider's reason is told", "the password is wrong" in said, said)
    checks.check("no secret is told", not any(s in said for s in (SECRET, "wrong-password")), said)

    done = sign_in(TOTALCLOUD_CLIENT_SECRET="another-secret")
    checks.equal("a wrong client secret: exit code", done.returncode, 3)
    checks.check("a wrong client secret: no secret is told", "another-secret" not in done.stdout + done.stderr)
finally:
    provider.terminate()
    provider.wait(timeout=20)
checks.end()
