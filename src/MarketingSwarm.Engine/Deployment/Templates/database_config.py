"""Which database the application uses, and how it connects.

Written by New-SwarmDeployment (MarketingSwarm) for @CONNECTION_NAME@; a new run of it replaces this file.

On Cloud Run, where K_SERVICE is set, it is Cloud SQL by the socket that Cloud Run mounts; elsewhere DATABASE_URL, or else the local SQLite file.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Optional

from sqlalchemy import select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

logger = logging.getLogger(__name__)

LOCAL_DATABASE_URL = @LOCAL_DATABASE_URL@
ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
SYNC_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg2"}

# @BUDGET@
POOL_SIZE = @POOL_SIZE@
MAX_OVERFLOW = @MAX_OVERFLOW@


def _url() -> URL:
    if not os.getenv("K_SERVICE"):
        return make_url(os.getenv("DATABASE_URL") or LOCAL_DATABASE_URL)

    missing = [name for name in ("DB_PASS", "INSTANCE_CONNECTION_NAME") if not os.getenv(name)]
    if missing:
        raise RuntimeError("The service lacks " + " and ".join(missing) + ": see service.yaml.")
    # Each part is given by itself: a password may hold what ends one in a URL.
    return URL.create(
        "postgresql",
        username=os.getenv("DB_USER", @DB_USER@),
        password=os.environ["DB_PASS"],
        database=os.getenv("DB_NAME", @DB_NAME@),
        query={"host": os.getenv("DB_SOCKET_DIR", "/cloudsql") + "/" + os.environ["INSTANCE_CONNECTION_NAME"]},
    )


def _render(drivers: dict[str, str]) -> str:
    url = _url()
    backend = url.get_backend_name()
    if backend not in drivers:
        raise RuntimeError("DATABASE_URL names the database '" + backend + "'; sqlite or postgresql is expected.")
    return url.set(drivername=drivers[backend]).render_as_string(hide_password=False)


def get_database_url() -> str:
    """The URL for create_async_engine, its parts encoded. It has the password in it: do not log it."""
    return _render(ASYNC_DRIVERS)


def get_sync_database_url() -> str:
    """The same for create_engine, for migrations of the schema."""
    return _render(SYNC_DRIVERS)


def get_engine_options() -> dict[str, Any]:
    """What create_async_engine is given beside the URL."""
    if make_url(get_database_url()).get_backend_name() == "sqlite":
        return {}
    return {
        # Cloud SQL closes idle connections at a restart or failover: one is tried before it is used.
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_size": int(os.getenv("DB_POOL_SIZE", str(POOL_SIZE))),
        "max_overflow": int(os.getenv("DB_MAX_OVERFLOW", str(MAX_OVERFLOW))),
        "pool_timeout": 30,
    }


def create_database_engine() -> AsyncEngine:
    """The application's engine; one a process."""
    return create_async_engine(get_database_url(), **get_engine_options())


async def get_conversation(session: AsyncSession, model: Any, conversation_id: str) -> Optional[Any]:
    """One conversation by its id, which goes to the database as a parameter and never as SQL."""
    result = await session.execute(select(model).where(model.id == conversation_id))
    return result.scalar_one_or_none()


async def database_health_check(engine: AsyncEngine) -> bool:
    """Whether the database answers. For the route that Cloud Run's probe and Test-SwarmMigration -Endpoint ask."""
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT 1"))).scalar() == 1
    except Exception:
        logger.exception("The database does not answer")
        return False
