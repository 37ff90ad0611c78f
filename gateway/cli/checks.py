"""`gateway schema` and `gateway health`: questions with yes or no for an answer."""

import argparse
import http.client
import sys

from graphql import GraphQLError

from gateway.schema import build_schema
from gateway.schema.changes import changes
from gateway.settings import Settings


def schema(options: argparse.Namespace) -> int:
    current = build_schema().as_str() + "\n"
    if not options.check:
        print(current, end="")
        return 0
    try:
        found = changes(options.file.read_text(encoding="utf-8"), current)
    except (GraphQLError, TypeError, UnicodeDecodeError) as error:
        reason = str(getattr(error, "message", error)).partition("\n")[0]
        print(f"gateway: {options.file} is not a GraphQL schema: {reason}", file=sys.stderr)
        return 1
    for line in found:
        print(line)
    if not found:
        print(f"{options.file} is up to date.")
    return 1 if found else 0


def health(_options: argparse.Namespace) -> int:
    settings = Settings.read()
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        print(answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        print(f"gateway: no answer from {settings.host} port {settings.port}: {reason}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    return 0 if answer.status == http.client.OK else 1
