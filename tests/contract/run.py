"""An integrator's first hour, and everything a stranger can send: from the OpenAPI document alone.

Founds a zone in realm sandbox with the build of `mez` in MEZ_BIN, serves it, and lets programs by other people read its
document: a generator of clients for Python and one of types for TypeScript, with whose clients the first hour is lived,
a verifier of webhooks, and schemathesis, which sends what the schemas allow and what they do not. `npm ci` was run here
before. No answer may be a 5xx that is not documented, of a status, a media type or a shape
that the document does not name; nor may anything be taken that a schema refuses.
"""

import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
BIN = os.environ["MEZ_BIN"]
HOME = pathlib.Path(os.environ["MEZ_HOME"])
# How many requests an operation gets of each kind; more in a soak.
CASES = os.environ.get("MEZ_CONTRACT_CASES", "4")
CHECKS = ",".join([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
])


def mez(*words, **more):
    return subprocess.run([BIN, *words], check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def free_port():
    """A port of those no system hands out by itself, so that nobody else takes it meanwhile."""
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as asked:
            try:
                asked.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def deploy():
    """A zone that runs until it is interrupted; its folder and its address."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    url = f"http://127.0.0.1:{free_port()}"
    words = ["deploy", "--profile", "digital-financial-center", "--jurisdiction", "sg", "--dir", str(HOME / "zones")]
    deployed = subprocess.Popen([BIN, *words, "--port", url.rsplit(":", 1)[1]], stdin=subprocess.DEVNULL)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{url}/health/readiness"):
                return deployed, HOME / "zones" / "sg", url
        except OSError:
            time.sleep(0.1)
        if deployed.poll() is not None:
            break
    sys.exit("the zone is not ready")


# It makes no functions of answers that are archives.
NOT_GENERATED = {"GET /v1/corridors/{id}/bundle"}


def generate(document):
    """The client for Python, by openapi-python-client, with every operation and every answer."""
    client = HOME / "zone_client"
    words = ["generate", "--path", str(document), "--output-path", str(client), "--meta", "none", "--overwrite"]
    told = subprocess.run(["openapi-python-client", *words], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lost = set(re.findall(r"^WARNING parsing (\S+ \S+)", told.stdout, re.MULTILINE))
    if lost != NOT_GENERATED:
        sys.exit(f"the client for Python lacks {sorted(lost ^ NOT_GENERATED)}: {told.stdout}")
    sys.path.insert(0, str(HOME))


def live_in_typescript(document, url, token):
    """Types by openapi-typescript, checked strictly together with what is written against them; then run."""
    place = HOME / "typescript"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in ["first_hour.ts", "tsconfig.json", "package.json"]:
        shutil.copy(HERE / name, place)
    (place / "node_modules").symlink_to(HERE / "node_modules")
    programs = HERE / "node_modules" / ".bin"
    subprocess.run([programs / "openapi-typescript", document, "--output", place / "zone.d.ts", "--default-non-nullable=false"], check=True, cwd=place, stdout=subprocess.DEVNULL)
    subprocess.run([programs / "tsc", "--project", place], check=True, cwd=place)
    issuer = HOME / "zones" / "issuer"
    subprocess.run(["node", place / "out" / "first_hour.js", url, token, issuer, BIN], check=True, cwd=place, timeout=300)


def compatible():
    """What the kept contract promised is kept."""
    print(mez("openapi", "--against", str(HERE / "openapi-v1.json")).strip())


def send_everything(document, url, token):
    """Schemathesis; its examples are ours, from the document."""
    words = ["--config-file", str(HERE / "schemathesis.toml"), "run", str(document), "--url", url, "--header", f"Authorization: Bearer {token}", "--max-examples", CASES]
    words += ["--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--no-color", "--continue-on-failure"]
    # A stream does not end; the first hour reads it.
    words += ["--exclude-path", "/v1/events/stream"]
    words += ["--suppress-health-check", "all", "--seed", os.environ.get("MEZ_CONTRACT_SEED", "1")]
    run = subprocess.run(["schemathesis", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=HOME)
    print(run.stdout)
    return run.returncode


def main():
    deployed, zone, url = deploy()
    failed = 1
    try:
        token = (zone / "operator.token").read_text().strip()
        document = HOME / "openapi.json"
        document.write_text(mez("openapi"))
        compatible()
        generate(document)
        sys.path.insert(0, str(HERE))
        import first_hour

        first_hour.live(url, token, HOME / "zones" / "issuer", BIN)
        live_in_typescript(document, url, token)
        failed = send_everything(document, url, token)
        if deployed.poll() is not None:
            sys.exit("the zone did not live through it")
    finally:
        deployed.send_signal(signal.SIGINT)
        deployed.wait(timeout=20)
    mez("fsck", "--dir", str(zone))
    sys.exit(failed)


main()
