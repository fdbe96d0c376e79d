"""What the stages and the pipeline ask of the outside world.

Every write of a port is durable when it returns, keyed and idempotent: doing it again changes
nothing. Adapters translate their drivers' exceptions into the tree of `triage_agent.errors`.
"""
