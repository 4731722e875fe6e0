"""The tables of the store; they stand nowhere else.

Times are seconds since the epoch. `fields`, `said`, `written`, `kept`, `unseen`, `enforced`, `counts`, `guards`,
`objects` and `actor` are JSON text; a plan is its JSON form; the body of an event is the decrypted message.
`record` and `personal` of the audit log are texts whose hashes count, letter by letter.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)

shadow_users = sa.Table(
    "shadow_users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("phone", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("position", sa.Text),
    sa.Column("memo", sa.Text),
    sa.Column("department", sa.Text),
    sa.Column("is_admin", sa.Boolean, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("as_of", sa.Float, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)

shadow_departments = sa.Table(
    "shadow_departments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("parent", sa.Text),
    sa.Column("as_of", sa.Float, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)

shadow_rooms = sa.Table(
    "shadow_rooms",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("as_of", sa.Float, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)

shadow_meetings = sa.Table(
    "shadow_meetings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("as_of", sa.Float, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("platform_id", sa.Text, nullable=False),
    sa.Column("ownership", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("said", sa.Text),
    sa.Column("written", sa.Text),
    sa.Column("kept", sa.Text),
    sa.Column("unseen", sa.Text),
    sa.Column("enforced", sa.Text),
    sa.Column("missing_since", sa.Float),
    sa.Column("locator", sa.Text, nullable=False),
    sa.Column("grace", sa.Text),
    sa.Index(None, "kind", "platform_id", unique=True),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("started_at", sa.Float, nullable=False, index=True),
    sa.Column("finished_at", sa.Float),
    sa.Column("outcome", sa.Text),
    sa.Column("exit", sa.Integer),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("plan", sa.LargeBinary, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("platform_id", sa.Text, nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("key", sa.Text),
    sa.Column("approved", sa.Boolean, nullable=False),
    sa.Column("further_step", sa.Boolean),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Index(None, "platform_id"),
    sa.Index(None, "key"),
)

held_plans = sa.Table(
    "held_plans",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("plan", sa.LargeBinary, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("guards", sa.Text, nullable=False),
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("used_at", sa.Float),
    sa.Column("actor", sa.Text),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("personal", sa.Text),
    # Of two records that follow one, the second does not get in: a chain has no branches.
    sa.Index(None, "previous", unique=True),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("received_at", sa.Float, nullable=False, index=True),
    sa.Column("time_stamp", sa.Float, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("objects", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index(None, "state", "id"),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

faces = sa.Table(
    "faces",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("platform_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("original", sa.Text, nullable=False),
    sa.Column("sent", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("picture", sa.LargeBinary),
    sa.Column("kept_at", sa.Float),
)
