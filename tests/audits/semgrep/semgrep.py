# ruff: noqa: ASYNC210, ASYNC230, ASYNC251, B018, E722, ERA001, F821, F841, G001, G002, G004, PLR0917, PLW1510, PTH123, RUF006, SIM105, SIM115, UP031, UP032
"""Code as it must not be, for each rule of .ci/semgrep.yml, and beside it code that the rule lets pass.

Nothing imports or runs this; semgrep's own test mode reads the comments.
"""

import asyncio
import json
import os
import pickle
import ssl
import subprocess
import time

import httpx
import jwt
import yaml


def amounts(body, total):
    # ruleid: amount-as-float
    float(total)
    # ok: amount-as-float
    Decimal(total)
    # ruleid: json-with-floats
    json.loads(body)
    # ruleid: json-with-floats
    json.load(body)
    # ok: json-with-floats
    json.loads(body, parse_float=Decimal)
    # ok: json-with-floats
    msgspec.json.decode(body, type=Page)


def connections(context, tls, client, session):
    # ruleid: tls-not-verified, proxy-from-environment
    httpx.AsyncClient(verify=False)
    # ruleid: tls-not-verified
    aiohttp.TCPConnector(limit=1, ssl=False)
    # ruleid: tls-not-verified
    context.check_hostname = False
    # ruleid: tls-not-verified
    context.verify_mode = ssl.CERT_NONE
    # ok: tls-not-verified, proxy-from-environment, redirect-followed
    httpx.AsyncClient(verify=tls, trust_env=False, follow_redirects=False)
    # ruleid: redirect-followed
    client.get("/", follow_redirects=True)
    # ruleid: redirect-followed
    session.get("/", allow_redirects=True)
    # ok: redirect-followed
    session.get("/", allow_redirects=False)
    # ruleid: proxy-from-environment
    httpx.Client(verify=tls, trust_env=True)


def logs(token, refresh_token, request, answer, error, secret):
    # ruleid: print-outside-the-command-line
    print(answer)
    # ruleid: log-event-with-values
    log.warning(f"sign-in failed: {error}")
    # ruleid: log-event-with-values
    log.warning("sign-in failed: %s" % error)
    # ruleid: log-event-with-values
    log.debug("sign-in failed: {}".format(error))
    # ok: log-event-with-values, secret-in-log
    log.warning("the refresh token cannot be stored", error=type(error).__name__)
    # ruleid: secret-in-log
    log.debug("asking", bearer=token)
    # ruleid: secret-in-log
    log.debug("asking", by=answer.refresh_token)
    # ruleid: secret-in-log
    log.debug("asking", sent=f"Bearer {token}")
    # ruleid: secret-in-log
    log.debug("asking", with_=request.headers)
    # ruleid: secret-in-log
    log.debug("asking", first=answer["access_token"][:8])
    # ok: secret-in-log
    log.info("asking", token_count=3, address=answer.address)


def errors(token, refresh_token, settings, name):
    # ruleid: secret-in-exception
    raise UnauthenticatedError(f"{token} is not known")
    # ruleid: secret-in-exception
    raise UnauthenticatedError("%s is not known" % refresh_token)
    # ruleid: secret-in-exception
    raise UnauthenticatedError("{} is not known".format(token))
    # ruleid: secret-in-exception
    raise ValueError(token)
    # ruleid: secret-in-exception
    raise ValueError(f"not {settings.client_secret.get_secret_value()}")
    # ok: secret-in-exception
    raise SettingsError(f"{name}: must be a Fernet key")
    # ok: secret-in-exception
    raise UnauthenticatedError("This token has expired.")


async def tasks(work, items):
    # ruleid: task-dropped
    asyncio.create_task(work())
    # ruleid: task-dropped
    asyncio.get_running_loop().create_task(work())
    # ok: task-dropped
    kept = asyncio.create_task(work())
    # ok: task-dropped
    items.append(asyncio.create_task(work()))
    # ok: task-dropped
    await asyncio.create_task(work())
    async with asyncio.TaskGroup() as group:
        # ok: task-dropped
        group.create_task(work())


async def blocking(path, client, request):
    # ruleid: blocking-in-async
    time.sleep(1)
    # ruleid: blocking-in-async
    path.read_text()
    # ruleid: blocking-in-async
    open(path)
    # ruleid: blocking-in-async
    httpx.get("https://login.example")
    # ruleid: blocking-in-async
    httpx.stream("GET", "https://login.example", request=request)
    # ok: blocking-in-async
    await asyncio.sleep(1)
    # ok: blocking-in-async
    await asyncio.to_thread(path.read_text)
    # ok: blocking-in-async
    await client.get("/")
    # ok: blocking-in-async
    client.waits.set_exception(httpx.ConnectError("no connection"))
    # ok: blocking-in-async
    raise httpx.ReadError("the answer broke off", request=request)


def not_async(path):
    # ok: blocking-in-async
    return path.read_text()


def code(text):
    # ruleid: data-as-code
    eval(text)
    # ruleid: data-as-code
    exec(text)
    # ruleid: data-as-code
    pickle.loads(text)
    # ruleid: data-as-code
    yaml.load(text)
    # ruleid: data-as-code
    subprocess.run([text])
    # ruleid: data-as-code
    os.system(text)
    # ruleid: data-as-code
    exec(compile("\n".join(text), "<compiled selection>", "exec"), namespace)
    # ok: data-as-code
    re.compile(text)


def swallowed(work):
    try:
        work()
    # ruleid: bare-except
    except:
        pass
    try:
        work()
    # ok: bare-except
    except ValueError:
        pass


def keys(operation, scope, token):
    # ruleid: key-without-scope
    Key(token, INVOICE, "1")
    # ruleid: key-without-scope
    Key(Scope("public", "", ""), INVOICE, "1")
    # ok: key-without-scope
    Key(operation.caller.scope, INVOICE, "1")


def browsers(response, origins):
    # ruleid: cookie-set
    response.set_cookie("session", "1")
    # ruleid: cookie-set
    Middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)
    # ruleid: every-origin-allowed
    Middleware(CORSMiddleware, allow_origins=["*"])
    # ruleid: every-origin-allowed
    Middleware(CORSMiddleware, allow_origin_regex=".*")
    # ok: every-origin-allowed, cookie-set
    Middleware(CORSMiddleware, allow_origins=origins)


def believed(token, key):
    # ruleid: token-not-verified
    jwt.get_unverified_header(token)
    # ruleid: token-not-verified
    jwt.decode(token, options={"verify_signature": False})
    # ok: token-not-verified
    jwt.decode(token, key, algorithms=["RS256"])


def settings():
    # ruleid: environment-outside-settings
    os.environ["GATEWAY_DEBUG"]
    # ruleid: environment-outside-settings
    os.getenv("GATEWAY_DEBUG")
    # ok: environment-outside-settings
    Settings.read().log_level
