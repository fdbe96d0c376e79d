"""Version 1 of the API: the node for programs, with its OpenAPI document."""
