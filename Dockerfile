# docker build -t gateway .
# docker run --rm -p 8000:8000 --read-only --cap-drop ALL gateway

FROM python:3.13-slim AS build

# The layers are the cache; what pip keeps besides would only enlarge them.
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /src

# What changes seldom stands first: the dependencies, each checked against its hash. The venv gets no pip of its own.
RUN python -m venv --without-pip /opt/gateway
COPY gateway/requirements.lock gateway/requirements.lock
RUN pip --python /opt/gateway install --require-hashes -r gateway/requirements.lock

# The build fetches the playground's files. Where npm is out of reach, an image without them must be asked for:
# --build-arg HATCH_NPM_VENDOR_SKIP=1
ARG HATCH_NPM_VENDOR_SKIP=""
COPY pyproject.toml README.md ./
COPY gateway gateway
RUN pip --python /opt/gateway install --no-deps .
RUN test -n "${HATCH_NPM_VENDOR_SKIP}" || test -n "$(find /opt/gateway -path '*/vendor/graphiql/manifest.json')"


FROM python:3.13-slim

COPY --from=build /opt/gateway /opt/gateway

# Nothing is written to disk: the root file system may be read-only.
ENV PATH="/opt/gateway/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GATEWAY_HOST=0.0.0.0

# A number, so that Kubernetes' runAsNonRoot can see that it is not root.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM

# Asks /readyz on GATEWAY_HOST and GATEWAY_PORT: change the port there, not by --port, or the check looks elsewhere.
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s CMD ["gateway", "health"]

ENTRYPOINT ["gateway"]
CMD ["serve"]
