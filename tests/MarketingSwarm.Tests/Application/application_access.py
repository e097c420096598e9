"""What the application does with its table: SQLAlchemy's ORM and its own raw UPDATEs, over asyncpg.

Usage: application_access.py postgresql+asyncpg://... <id of a conversation that was migrated>
Prints one JSON object: what it wrote and what it read back.
"""
import asyncio
import json
import sys
import uuid
from datetime import datetime

from sqlalchemy import Column, DateTime, Float, String, Text, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

Base = declarative_base()


class Conversation(Base):
    __tablename__ = "conversations"

    id = Column(String, primary_key=True, default=lambda: str(uuid.uuid4()))
    user_id = Column(String, nullable=True)
    user_query = Column(Text, nullable=False)
    status = Column(String, default="active")
    created_at = Column(DateTime, default=datetime.utcnow)
    completed_at = Column(DateTime, nullable=True)
    agent_responses = Column(Text, default="[]")
    conversation_metadata = Column(Text, default="{}")
    total_cost = Column(Float, default=0.0)
    error_message = Column(Text, nullable=True)


async def main(url, migrated_id):
    engine = create_async_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10)
    sessions = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    # At every start; the table is there, so nothing may happen to it.
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)

    async with sessions() as session:
        new = Conversation(
            user_id="user-é",
            user_query="Plan a caf&#x27;s spring &lt;launch&gt; \u2615",
            created_at=datetime(2025, 6, 18, 18, 50, 3, 1),
            conversation_metadata=json.dumps({"context": {}, "test_mode": False}),
        )
        session.add(new)
        await session.commit()

    # One agent's answer: the whole JSON is read, extended and written back.
    async with sessions() as session:
        migrated = (await session.execute(select(Conversation).where(Conversation.id == migrated_id))).scalar_one()
        responses = json.loads(migrated.agent_responses or "[]")
        before = len(responses)
        responses.append({"agent": "alex", "response": "Done \u2615 \U0001f389", "timestamp": "2025-06-18T18:50:05.000001"})
        written = json.dumps(responses)
        await session.execute(
            text("UPDATE conversations SET agent_responses = :responses WHERE id = :id"), {"responses": written, "id": migrated_id})
        await session.commit()

    async with sessions() as session:
        await session.execute(
            text("UPDATE conversations SET status = :status, completed_at = :completed_at WHERE id = :id"),
            {"status": "completed", "completed_at": datetime(2025, 6, 18, 18, 52, 9), "id": new.id})
        await session.commit()

    async with sessions() as session:
        rows = (await session.execute(select(Conversation).order_by(Conversation.created_at.desc()))).scalars().all()
        again = {row.id: row for row in rows}
        print(json.dumps({
            "new_id": new.id,
            "new_query": again[new.id].user_query,
            "new_status": again[new.id].status,
            "new_completed_at": again[new.id].completed_at.isoformat(),
            "responses_before": before,
            "responses_after": len(json.loads(again[migrated_id].agent_responses)),
            "responses_are_what_was_written": again[migrated_id].agent_responses == written,
            "rows": len(rows),
        }))
    await engine.dispose()


asyncio.run(main(*sys.argv[1:]))
