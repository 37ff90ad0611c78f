"""The HTTP face: GraphQL over HTTP, the playground, health."""
