"""What each BPMN element of a stored definition is: computed once, when the definition is stored."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; definitions that are stored already are completed after the migration."""
    op.add_column("definitions", sa.Column("elements", sa.Text(), nullable=True))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("definitions", "elements")
