"""What these tests ask for."""

SUMMARIES = "{ invoiceSummaries { items { balanceAmount } } }"


def codes(response):
    """The errors' codes, in order; empty where there are none."""
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]
