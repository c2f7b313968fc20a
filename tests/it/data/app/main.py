"""The real backend of the integration tests: FastAPI under uvicorn, in the shape that the fuel-analytics team runs.

Started as `python main.py` or as `uvicorn main:app --workers 2`. Port from PORT. Nothing here knows about fuelops.
"""

import asyncio
import logging
import os
import shutil
import time
from datetime import datetime, timezone

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
logger = logging.getLogger("fuel_backend")

STARTED = time.time()
TRUCKS = {
    "VD3579": {"truck_id": "VD3579", "fuel_percent": 61.2, "status": "moving"},
    "JC1282": {"truck_id": "JC1282", "fuel_percent": 18.4, "status": "parked"},
    "FF7702": {"truck_id": "FF7702", "fuel_percent": 83.0, "status": "moving"},
}

app = FastAPI(title="Fuel Analytics")


def now() -> str:
    return datetime.now(timezone.utc).isoformat()


def memory() -> tuple[float, float]:
    """Used percent and available megabytes, by MemAvailable."""
    fields = {}
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        for line in meminfo:
            name, value = line.split(":")
            fields[name] = int(value.split()[0])
    used = 100 * (1 - fields["MemAvailable"] / fields["MemTotal"])
    return round(used, 1), round(fields["MemAvailable"] / 1024, 1)


@app.get("/health")
def health():
    disk = shutil.disk_usage("/")
    memory_percent, available = memory()
    cpu = min(100.0, round(100 * os.getloadavg()[0] / (os.cpu_count() or 1), 1))
    return {
        "status": "healthy",
        "timestamp": now(),
        "system": {
            "cpu_percent": cpu,
            "memory_percent": memory_percent,
            "memory_available_mb": available,
            "disk_percent": round(100 * disk.used / disk.total, 1),
            "disk_free_gb": round(disk.free / 1024**3, 2),
        },
        "health_checks": {"cpu_ok": True, "memory_ok": True, "disk_ok": True},
    }


@app.get("/health/detailed")
def detailed():
    return {**health(), "process": {"pid": os.getpid(), "num_threads": 1, "create_time": STARTED}}


@app.get("/health/ready")
def ready():
    return {"status": "ready", "timestamp": now()}


@app.get("/health/live")
def live():
    return {"status": "alive", "timestamp": now()}


@app.get("/fuelAnalytics/api/fleet")
def fleet():
    logger.info("Fleet summary: %d trucks", len(TRUCKS))
    return {"trucks": list(TRUCKS.values()), "count": len(TRUCKS)}


@app.get("/api/trucks/{truck_id}")
def truck(truck_id: str):
    if truck_id not in TRUCKS:
        logger.warning("No recent data for truck %s", truck_id)
        raise HTTPException(status_code=404, detail=f"truck {truck_id} not found")
    return TRUCKS[truck_id]


@app.get("/boom")
def boom():
    """A bug: an exception that nobody catches, and so a traceback in the log and a 500."""
    return {"ratio": TRUCKS["VD3579"]["fuel_percent"] / len(TRUCKS["JC1282"]["status"][6:])}


@app.get("/status/{code}")
def status(code: int):
    return JSONResponse({"status": "unhealthy" if code >= 500 else "healthy"}, status_code=code)


@app.get("/sleep")
async def sleep(seconds: float = 1.0):
    await asyncio.sleep(min(seconds, 60.0))
    return {"slept": seconds}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
