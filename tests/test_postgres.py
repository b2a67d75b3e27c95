"""The tests' own PostgreSQL server."""

import psycopg


def _query(url: str, sql: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_a_fresh_database_is_empty_and_speaks_utf8(postgres_url: str) -> None:
    """Each test gets a database of its own, without tables, that stores Chinese text."""
    assert _query(postgres_url, "select count(*) from pg_tables where schemaname = 'public'") == 0
    assert _query(postgres_url, "select '餐饮店' || current_setting('server_encoding')") == "餐饮店UTF8"


def test_the_server_listens_on_loopback_only(postgres_url: str) -> None:
    """Nobody outside this machine can reach the test server."""
    assert _query(postgres_url, "show listen_addresses") == "127.0.0.1"
