"""A GraphQL gateway in front of Microsoft Partner Center's invoice API."""
