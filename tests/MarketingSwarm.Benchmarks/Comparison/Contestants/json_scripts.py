"""Moves the conversations table by way of a JSON file.

json_scripts.py export SOURCE.db FILE.json
json_scripts.py sqlalchemy|asyncpg|psycopg FILE.json postgresql://user@host/database

The password comes from PGPASSWORD.
"""

import asyncio
import json
import sqlite3
import sys
from datetime import datetime


def export(source, path):
    connection = sqlite3.connect(source)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM conversations")]
    with open(path, "w") as file:
        json.dump({"conversations": rows, "total_count": len(rows)}, file, indent=2, default=str)


def read_rows(path):
    """The rows with their times parsed: both drivers refuse a time that is text."""
    with open(path) as file:
        rows = json.load(file)["conversations"]
    for row in rows:
        for name in ("created_at", "completed_at"):
            if row[name] is not None:
                row[name] = datetime.fromisoformat(row[name])
    return rows


async def insert_by_sqlalchemy(rows, url):
    from sqlalchemy import Column, DateTime, Float, String, Text
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import declarative_base

    class Conversation(declarative_base()):
        __tablename__ = "conversations"
        id = Column(String, primary_key=True)
        user_id = Column(String)
        user_query = Column(Text)
        status = Column(String)
        created_at = Column(DateTime)
        completed_at = Column(DateTime)
        agent_responses = Column(Text)
        conversation_metadata = Column(Text)
        total_cost = Column(Float)
        error_message = Column(Text)

    engine = create_async_engine(url.split("?")[0].replace("postgresql:", "postgresql+asyncpg:", 1))
    async with AsyncSession(engine, expire_on_commit=False) as session:
        for row in rows:
            session.add(Conversation(**row))
        await session.commit()
    await engine.dispose()


async def insert_by_asyncpg(rows, url):
    import asyncpg

    names = list(rows[0])
    places = ", ".join(f"${i + 1}" for i in range(len(names)))
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.executemany(
            f"INSERT INTO conversations ({', '.join(names)}) VALUES ({places})", [tuple(row.values()) for row in rows])
    await connection.close()


async def insert_by_psycopg(rows, url):
    import psycopg

    names = list(rows[0])
    places = ", ".join(["%s"] * len(names))
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO conversations ({', '.join(names)}) VALUES ({places})", [tuple(row.values()) for row in rows])


INSERTS = {"sqlalchemy": insert_by_sqlalchemy, "asyncpg": insert_by_asyncpg, "psycopg": insert_by_psycopg}

if __name__ == "__main__":
    mode, source, target = sys.argv[1:]
    if mode == "export":
        export(source, target)
    else:
        asyncio.run(INSERTS[mode](read_rows(source), target))
