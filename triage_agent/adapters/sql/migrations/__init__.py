"""The schema's history, kept by Alembic; every change of schema.py adds a revision here.

A first draft of revision 0002, from the differences to a migrated database, is written by

    config.attributes["connection"] = connection
    alembic.command.revision(config, "what changes", autogenerate=True, rev_id="0002")

within `Database.write()`, with the configuration that `migrate.upgrade` uses. A test compares
what the revisions lead to with schema.py.
"""
