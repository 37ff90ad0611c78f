"""What a gateway says of an operation of which nothing ran."""

from tests.web.error_shape import errors_of


async def refusals(http, document, variables=None, operation_name=None):
    """Status, and (code, message) of each error."""
    body = {"query": document, "variables": variables, "operationName": operation_name}
    response = await http.post("/graphql", json=body)
    assert set(response.json()) == {"errors"}
    errors = [(error["extensions"]["code"], error["message"]) for error in errors_of(response)]
    return response.status_code, errors
