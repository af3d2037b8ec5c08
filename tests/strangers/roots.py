"""Artifact roots against servers by other people: `python3 roots.py PROGRAM`.

An S3 service (moto, which checks every signature once its first four requests made the user, its key
and the bucket) and a static file server (http.server). Exits with 1 if anything is not as it must be.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

RACES = 10
SETUP_REQUESTS = 4
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = str(SETUP_REQUESTS)

import boto3  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

program = str(pathlib.Path(sys.argv[1]).resolve())
folder = pathlib.Path(tempfile.mkdtemp(prefix="roots-"))
failed = []


def check(good, what):
    if not good:
        failed.append(what)
        print("  wrong:", what)


def start_s3():
    # One request at a time: moto looks and then writes, and only so are the two one step, as S3's are.
    class Quiet(WSGIRequestHandler):
        def log(self, *_):
            pass

    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=False, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    at = dict(endpoint_url=url, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    iam = boto3.client("iam", **at)
    iam.create_user(UserName="writer")
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="writer", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="writer")["AccessKey"]
    boto3.client("s3", **at).create_bucket(Bucket="bucket")
    return server, {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def artifact(words, settings):
    return subprocess.Popen(
        [program, "artifact", *words], cwd=folder, env=os.environ | settings,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(words, settings):
    child = artifact(words, settings)
    out, _ = child.communicate(timeout=60)
    return child.returncode, out


def write(name, tree):
    (folder / name).write_text(json.dumps(tree))


def put(name, root="s3://bucket/some/prefix"):
    return ["put", "--type", "schema", "--root", root, name, "--json"]


def get(digest, root="s3://bucket/some/prefix", kind="schema"):
    return ["get", "--type", kind, "--digest", digest, "--root", root]


def s3(settings):
    write("a.json", {"a": 1})
    code, out = run(put("a.json"), settings)
    check(code == 0 and json.loads(out)["already"] is False, "a first put writes")
    digest = json.loads(out)["digest_sha256"]
    code, out = run(put("a.json"), settings)
    check(code == 0 and json.loads(out)["already"] is True, "a second put finds it there")
    check(run(get(digest), settings) == (0, b'{"a": 1}'), "a get gives the bytes")
    check(run(get(digest, kind="vc"), settings)[0] == 7, "what is absent is unknown")
    forged = settings | {"AWS_SECRET_ACCESS_KEY": "another"}
    check(run(get(digest), forged)[0] == 1, "a get under a wrong key is refused")
    check(run(put("a.json"), forged)[0] == 1, "a put under a wrong key is refused")
    for n in range(RACES):
        write("race.json", {"race": n})
        both = [artifact(put("race.json"), settings) for _ in range(2)]
        told = [json.loads(child.communicate(timeout=60)[0])["already"] for child in both]
        check(sorted(told) == [False, True], f"race {n}: exactly one writes, not {told}")
    # Somebody else's bytes under our name.
    client = boto3.client(
        "s3", endpoint_url=settings["AWS_ENDPOINT_URL"], region_name="us-east-1",
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"])
    client.put_object(Bucket="bucket", Key=f"some/prefix/schema/{digest}", Body=b'{"a": 2}')
    check(run(get(digest), settings)[0] == 6, "wrong bytes are refused")
    check(run(put("a.json"), settings)[0] == 6, "wrong bytes under the name are told to who puts")
    return digest


def web(digest):
    run(put("a.json", "cas"), {})
    words = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "-d", "cas"]
    server = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    port = server.stdout.readline().split(" port ")[1].split()[0]
    url = f"http://127.0.0.1:{port}"
    check(run(get(digest, url), {}) == (0, b'{"a": 1}'), "a file server hands it out")
    check(run(get(digest, url, "vc"), {})[0] == 7, "what a file server has not is unknown")
    (folder / "cas" / "schema" / f"{digest}.json").write_text('{"a": 2}')
    check(run(get(digest, url), {})[0] == 6, "what a file server changed is refused")
    server.terminate()
    server.wait()
    check(run(get(digest, url), {})[0] == 69, "a server that is gone is not answered for")


server, settings = start_s3()
web(s3(settings))
server.shutdown()
print(f"artifact roots: s3 with {RACES} races, file server: {'as it must be' if not failed else failed}")
sys.exit(1 if failed else 0)
