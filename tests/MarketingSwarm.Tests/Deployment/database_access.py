"""Uses the database_config.py in the folder of the first argument as the application does, and prints what came of it as JSON."""

import asyncio
import json
import sys

sys.path.insert(0, sys.argv[1])
import database_config
from sqlalchemy import Column, String, create_engine, text
from sqlalchemy.orm import declarative_base
from sqlalchemy.ext.asyncio import AsyncSession

Base = declarative_base()


class Conversation(Base):
    __tablename__ = "conversations"
    id = Column(String, primary_key=True)
    user_query = Column(String)


async def main():
    engine = database_config.create_database_engine()
    report = {"healthy": await database_config.database_health_check(engine), "options": database_config.get_engine_options()}
    async with AsyncSession(engine) as session:
        found = await database_config.get_conversation(session, Conversation, sys.argv[2])
        report["query"] = None if found is None else found.user_query
        injected = await database_config.get_conversation(session, Conversation, "' OR '1'='1")
        report["injected"] = injected is not None
    await engine.dispose()
    sync = create_engine(database_config.get_sync_database_url())
    with sync.connect() as connection:
        report["user"] = connection.execute(text("SELECT current_user")).scalar()
    print(json.dumps(report))


asyncio.run(main())
