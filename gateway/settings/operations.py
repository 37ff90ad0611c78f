"""Settings of the documents that clients name and do not send."""

from pathlib import Path

from pydantic import ByteSize, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings


class OperationSettings(BaseSettings):
    """Which documents may be asked for by a name."""

    persisted_queries_max_bytes: ByteSize = Field(
        ByteSize(2 * 1024**2),
        ge=0,
        description="Most memory for documents that clients ask for by their hashes, an eighth of it for each; "
        "0 takes no hashes.",
    )
    trusted_documents: Path | None = Field(
        None,
        description="Manifest of documents that clients ask for by `documentId`, as GraphQL Code Generator, Relay or "
        "Apollo write it; read at the start.",
    )
    trusted_documents_only: bool = Field(
        default=False, description="Whether all documents but those of the manifest are refused."
    )

    @field_validator("trusted_documents_only")
    @classmethod
    def _only_these_are_some(cls, value: bool, given: ValidationInfo) -> bool:  # noqa: FBT001 — pydantic calls it.
        if value and given.data.get("trusted_documents") is None:
            raise ValueError("needs GATEWAY_TRUSTED_DOCUMENTS")
        return value
