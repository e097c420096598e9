"""Writes to a database as the application does, and keeps a log of its own of every write that was acknowledged.

Arguments: the file, the log, how many conversations at once, the pause between two writes of one in milliseconds, a seed.
Input: "pause" (no writes after the answer), "resume", "stop" (ends after the write that is under way and prints the totals).
"""
import datetime
import json
import random
import sqlite3
import sys
import threading
import time
import uuid

path, log_path, conversations, pause, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]) / 1000, int(sys.argv[5])
agents = ["sarah", "marcus", "elena", "david", "priya", "alex"]
log = open(log_path, "a", encoding="utf-8")
log_lock = threading.Lock()
gate = threading.Event()
gate.set()
stopping = threading.Event()
idle = threading.Semaphore(0)
totals = {"writes": 0, "errors": 0, "worst": 0.0, "reasons": []}
columns = ("id", "user_id", "user_query", "status", "created_at", "completed_at", "agent_responses", "conversation_metadata", "total_cost", "error_message")


def note(kind, row, took):
    with log_lock:
        totals["writes"] += 1
        totals["worst"] = max(totals["worst"], took)
        log.write(json.dumps({"kind": kind, "row": row, "at": time.time()}) + "\n")
        log.flush()


def write(connection, kind, sql, values, row):
    """As the application: an error is swallowed, and counted here."""
    gate.wait()
    started = time.monotonic()
    try:
        connection.execute(sql, values)
        connection.commit()
    except sqlite3.Error as error:
        with log_lock:
            totals["errors"] += 1
            totals["worst"] = max(totals["worst"], time.monotonic() - started)
            totals["reasons"].append(str(error))
        connection.rollback()
        return False
    note(kind, row, time.monotonic() - started)
    return True


def converse(number):
    rng = random.Random(seed * 1000 + number)
    connection = sqlite3.connect(path)
    finished = []
    while not stopping.is_set():
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        row = dict.fromkeys(columns)
        row.update(id=str(uuid.UUID(int=rng.getrandbits(128), version=4)), user_id="u%d" % rng.randrange(50), user_query="What about k\u00e4se &amp; %d?" % rng.randrange(1000),
                   status="active", created_at=now.strftime("%Y-%m-%d %H:%M:%S.%f"), agent_responses=None, conversation_metadata='{"context": {}, "test_mode": false}', total_cost=0.0)
        if not write(connection, "insert", "INSERT INTO conversations (%s) VALUES (%s)" % (", ".join(columns), ", ".join("?" * 10)), [row[c] for c in columns], dict(row)):
            continue
        answers = []
        for _ in range(18):
            if stopping.is_set():
                break
            time.sleep(pause)
            stamp = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            answers.append({"agent": rng.choice(agents), "response": "r\u00e9ponse \U0001f9c0 " + "x" * rng.randrange(20, 600), "timestamp": stamp.isoformat()})
            row["agent_responses"] = json.dumps(answers)
            if not write(connection, "update", "UPDATE conversations SET agent_responses = ? WHERE id = ?", (row["agent_responses"], row["id"]), dict(row)):
                row["agent_responses"] = json.dumps(answers[:-1]) if len(answers) > 1 else None
                answers.pop()
        else:
            # Python's own adapter writes no fraction where there is none.
            done = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=rng.choice([0, 123456]))
            row.update(status="completed", completed_at=done.isoformat(" "))
            write(connection, "update", "UPDATE conversations SET status = ?, completed_at = ? WHERE id = ?", (row["status"], row["completed_at"], row["id"]), dict(row))
            finished.append(row["id"])
        if len(finished) > 3 and rng.random() < 0.4:
            gone = finished.pop(0)
            write(connection, "delete", "DELETE FROM conversations WHERE id = ?", (gone,), {"id": gone})
    connection.close()


threads = [threading.Thread(target=converse, args=(number,)) for number in range(conversations)]
for thread in threads:
    thread.start()
print("ready", flush=True)
for line in sys.stdin:
    command = line.strip()
    if command == "pause":
        gate.clear()
        # A write that has passed the gate ends within the busy timeout.
        while True:
            before = totals["writes"] + totals["errors"]
            time.sleep(0.2)
            if totals["writes"] + totals["errors"] == before:
                break
        print("paused", flush=True)
    elif command == "resume":
        gate.set()
        print("resumed", flush=True)
    elif command == "count":
        print(totals["writes"], flush=True)
    elif command == "stop":
        break
stopping.set()
gate.set()
for thread in threads:
    thread.join()
print(json.dumps(totals), flush=True)
