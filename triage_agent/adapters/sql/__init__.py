"""The ports StudyRegister, Worklist and Outbox on SQLite and PostgreSQL."""
