"""Settings of who may call, and of the gateway's own sign-in."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from gateway.settings.values import CommaSeparated, HttpsAddress, Seconds, split


class IdentitySettings(BaseSettings):
    """How callers are known, and how the gateway signs in to Partner Center."""

    auth: Literal["passthrough", "obo", "service"] = Field(
        "passthrough",
        description="How callers are known. `passthrough`: their Partner Center token goes upstream. `obo`: their "
        "token for the gateway is exchanged on their behalf. `service`: the gateway signs in itself.",
    )
    tenant_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9.-]{1,253}$", description="The partner's tenant, for obo and service."
    )
    client_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,128}$", description="The gateway's app registration, for obo and service."
    )
    client_secret: SecretStr | None = Field(None, description="The app's secret; or one of the next two.")
    client_certificate: Path | None = Field(None, description="PEM file of the app's private key and certificate.")
    federated_token_file: Path | None = Field(
        None, description="File of a token that stands for the app (workload identity)."
    )
    audience: CommaSeparated | None = Field(
        None, description="Comma-separated `aud` of callers' tokens; without it the client id and `api://` before it."
    )
    allowed_tenants: CommaSeparated | None = Field(
        None, description="Comma-separated tenants that callers may be of; without it GATEWAY_TENANT_ID alone."
    )
    required_scope: str = Field("Invoices.Read", description="Scope (`scp`) that a person's token must carry.")
    required_role: str = Field("Invoices.Read.All", description="App role (`roles`) that a service's token must carry.")
    oidc_issuer: HttpsAddress | None = Field(
        None, description="Issuer of callers' tokens; without it the tenant's own in the cloud's Entra."
    )
    jwks_fresh_s: Seconds = Field(300, description="Seconds after which the issuer's keys are read again.")
    authority: HttpsAddress | None = Field(
        None, description="Address of the sign-in service, without the tenant, where it is not the cloud's own."
    )
    upstream_scope: str | None = Field(
        None, description="Scope asked for at sign-in, where it is not the cloud's Partner Center with `/.default`."
    )
    ca_bundle: Path | None = Field(
        None, description="PEM file of further authorities to trust, for issuer, sign-in and Partner Center."
    )
    refresh_token_file: Path | None = Field(
        None, description="File that `gateway login` keeps the encrypted refresh token in, for service."
    )
    token_key: SecretStr | None = Field(
        None, description="Fernet key that encrypts it; several, comma-separated: the first encrypts, all decrypt."
    )
    cors_origins: CommaSeparated | None = Field(
        None, description="Comma-separated origins whose pages may ask; without it none but the gateway's own."
    )

    @model_validator(mode="after")
    def _a_mode_has_what_it_needs(self) -> Self:
        if self.auth == "passthrough":
            return self
        needed = ["tenant_id", "client_id"]
        if self.auth == "service":
            needed += ["refresh_token_file", "token_key"]
        missing = [f"GATEWAY_{name.upper()}" for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.auth} needs {', '.join(missing)}")
        given = [
            name for name in ("client_secret", "client_certificate", "federated_token_file") if getattr(self, name)
        ]
        if len(given) != 1:
            raise ValueError(
                f"{self.auth} needs one of GATEWAY_CLIENT_SECRET, GATEWAY_CLIENT_CERTIFICATE and "
                "GATEWAY_FEDERATED_TOKEN_FILE"
            )
        return self

    @property
    def audiences(self) -> tuple[str, ...]:
        return split(self.audience) or (str(self.client_id), f"api://{self.client_id}")

    @property
    def tenants(self) -> tuple[str, ...]:
        return split(self.allowed_tenants) or (str(self.tenant_id),)

    @property
    def origins(self) -> tuple[str, ...]:
        return split(self.cors_origins)
