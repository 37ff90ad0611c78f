"""The GraphiQL playground, served from this installation alone: no file comes from another host."""

from gateway.web.playground.pages import playground_page, playground_routes

__all__ = ["playground_page", "playground_routes"]
