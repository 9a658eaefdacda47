#pragma once

#include <string_view>

namespace ece465::cluster {

/// The schemas of the API's JSON (JSON Schema 2020-12, as in OpenAPI 3.1). Tests validate every response against them.
inline constexpr std::string_view kSchemas = R"json({
"Error": {"type": "object", "required": ["detail"], "additionalProperties": false,
  "properties": {"detail": {"type": "string"}, "error": {"$ref": "#/components/schemas/ErrorParts"}}},
"Invalid": {"type": "object", "required": ["detail"], "additionalProperties": false,
  "properties": {"error": {"$ref": "#/components/schemas/ErrorParts"},
    "detail": {"oneOf": [{"type": "string"}, {"type": "array", "items": {
    "type": "object", "required": ["type", "loc", "msg"], "additionalProperties": false, "properties": {
      "type": {"type": "string"}, "loc": {"type": "array", "items": {"type": "string"}}, "msg": {"type": "string"}}}}]}}},
"Upload": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}},
"Text": {"type": "string", "format": "binary"},
"Uploaded": {"type": "object", "required": ["filename", "status"], "additionalProperties": false,
  "properties": {"filename": {"type": "string"}, "status": {"const": "uploaded"}}},
"Deleted": {"type": "object", "required": ["status", "filename"], "additionalProperties": false,
  "properties": {"status": {"const": "success"}, "filename": {"type": "string"}}},
"Started": {"type": "object", "required": ["status", "job_id"], "additionalProperties": false,
  "properties": {"status": {"const": "processing_started"}, "job_id": {"type": "string"}}},
"Cleared": {"type": "object", "required": ["status"], "additionalProperties": false,
  "properties": {"status": {"const": "cleared"}}},
"Inputs": {"type": "object", "required": ["files"], "additionalProperties": false,
  "properties": {"files": {"type": "array", "items": {
    "type": "object", "required": ["name", "size"], "additionalProperties": false,
    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}}}},
"Results": {"type": "object", "required": ["files"], "additionalProperties": false,
  "properties": {"files": {"type": "array", "items": {
    "type": "object", "required": ["name"], "additionalProperties": false,
    "properties": {"name": {"type": "string"}}}}}},
"Nodes": {"type": "object", "required": ["connected_workers"], "additionalProperties": false,
  "properties": {"connected_workers": {"type": "array", "items": {"type": "string"}}}},
"LogLine": {"type": "object", "required": ["time", "source", "message"], "additionalProperties": false,
  "properties": {"time": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"},
    "source": {"type": "string", "description": "A worker's id, or Master"}, "message": {"type": "string"}}},
"Logs": {"type": "object", "required": ["logs"], "additionalProperties": false,
  "properties": {"logs": {"type": "array", "items": {"$ref": "#/components/schemas/LogLine"}}}},
"Image": {"type": "object", "required": ["format", "width", "height", "bits", "color", "pages"],
  "additionalProperties": false, "properties": {
    "format": {"type": "string", "enum": ["JPEG", "TIFF", "PNG"]},
    "width": {"type": "integer"}, "height": {"type": "integer"}, "bits": {"type": "integer", "enum": [8, 16]},
    "color": {"type": "boolean"}, "pages": {"type": "integer"}}},
"ImageOrNull": {"oneOf": [{"$ref": "#/components/schemas/Image"}, {"type": "null"}]},
"Time": {"type": "string", "format": "date-time"},
"TimeOrNull": {"type": ["string", "null"], "format": "date-time"},
"ErrorParts": {"type": "object", "additionalProperties": false, "required": ["code", "subject", "message"],
  "properties": {
    "code": {"type": "string", "enum": ["usage", "bad_input", "not_found", "unsupported", "too_large", "corrupt", "io",
      "no_space", "timeout", "unavailable", "cancelled", "internal"]},
    "subject": {"type": "string", "description": "The file that it is about; may be empty"},
    "message": {"type": "string"}}},
"JobRequest": {"type": "object", "required": ["file"], "properties": {
    "file": {"type": "string", "description": "A file's name in the data folder"},
    "channels": {"type": "string", "enum": ["luma", "gray", "each"], "default": "luma"},
    "quality": {"type": ["integer", "null"], "minimum": 1, "maximum": 100, "default": null}}},
"Job": {"type": "object", "additionalProperties": false,
  "required": ["id", "file", "result", "channels", "quality", "state", "reason", "error", "phase", "progress", "page", "pages",
    "created", "started", "finished", "seconds", "phases", "image", "bytes", "strips", "workers", "notes"],
  "properties": {
    "id": {"type": "string"}, "file": {"type": "string"}, "result": {"type": "string"},
    "channels": {"type": "string", "enum": ["luma", "gray", "each"]}, "quality": {"type": ["integer", "null"]},
    "state": {"type": "string", "enum": ["queued", "running", "done", "failed", "cancelled"]},
    "reason": {"type": ["string", "null"], "description": "Why it failed, in one sentence"},
    "error": {"description": "The reason in parts", "oneOf": [{"$ref": "#/components/schemas/ErrorParts"}, {"type": "null"}]},
    "phase": {"type": "string", "enum": ["queued", "read", "map", "reduce", "apply", "write", "done"]},
    "progress": {"type": "number", "minimum": 0, "maximum": 1},
    "page": {"type": "integer", "description": "Starting from 1"}, "pages": {"type": "integer"},
    "created": {"$ref": "#/components/schemas/Time"}, "started": {"$ref": "#/components/schemas/TimeOrNull"},
    "finished": {"$ref": "#/components/schemas/TimeOrNull"},
    "seconds": {"type": "number", "description": "From start to end, or until now"},
    "phases": {"type": "object", "description": "Seconds of wall time so far", "additionalProperties": false,
      "required": ["read", "split", "map", "reduce", "apply", "stitch", "write"], "properties": {
        "read": {"type": "number"}, "split": {"type": "number"}, "map": {"type": "number"}, "reduce": {"type": "number"},
        "apply": {"type": "number"}, "stitch": {"type": "number"}, "write": {"type": "number"}}},
    "image": {"$ref": "#/components/schemas/ImageOrNull"},
    "bytes": {"type": "object", "description": "Bytes exchanged with workers", "additionalProperties": false,
      "required": ["pixels", "sent", "received", "spared", "map", "apply"], "properties": {
        "pixels": {"type": "integer"}, "sent": {"type": "integer"}, "received": {"type": "integer"},
        "spared": {"type": "integer"}, "map": {"$ref": "#/components/schemas/Traffic"},
        "apply": {"$ref": "#/components/schemas/Traffic"}}},
    "strips": {"type": "object", "additionalProperties": false,
      "required": ["total", "map_done", "apply_done", "attempts", "retries", "duplicates", "stolen", "invalid_results", "lies"],
      "properties": {
        "total": {"type": "integer"}, "map_done": {"type": "integer"}, "apply_done": {"type": "integer"},
        "attempts": {"type": "integer"}, "retries": {"type": "integer"}, "duplicates": {"type": "integer"},
        "stolen": {"type": "integer"}, "invalid_results": {"type": "integer"},
        "lies": {"type": "integer", "deprecated": true, "description": "The same as invalid_results"}}},
    "workers": {"type": "array", "description": "Workers whose results were merged", "items": {
      "type": "object", "required": ["id", "strips", "bytes"], "additionalProperties": false, "properties": {
        "id": {"type": "string"}, "strips": {"type": "integer"}, "bytes": {"type": "integer"}}}},
    "notes": {"type": "array", "items": {"type": "string"}}}},
"Traffic": {"type": "object", "required": ["sent", "received"], "additionalProperties": false,
  "properties": {"sent": {"type": "integer"}, "received": {"type": "integer"}}},
"Jobs": {"type": "object", "required": ["jobs"], "additionalProperties": false,
  "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}},
"Strips": {"type": "object", "required": ["page", "phase", "strips"], "additionalProperties": false, "properties": {
  "page": {"type": "integer"}, "phase": {"type": "string"},
  "strips": {"type": "array", "items": {"type": "object", "additionalProperties": false,
    "required": ["plane", "first_row", "rows", "state", "workers", "by", "misses"], "properties": {
      "plane": {"type": "integer"}, "first_row": {"type": "integer"}, "rows": {"type": "integer"},
      "state": {"type": "string", "enum": ["unread", "waiting", "kept", "last_resort", "running", "done"]},
      "workers": {"type": "array", "items": {"type": "string"}},
      "by": {"type": ["string", "null"]}, "misses": {"type": "integer"}}}}}},
"Timeline": {"type": "object", "required": ["kept", "seconds", "ended", "cut", "strips_total", "strips", "events", "next",
  "more"],
  "additionalProperties": false, "properties": {
    "kept": {"type": "boolean", "description": "False: the page has not begun, or its timeline has been deleted; the rest is empty"},
    "seconds": {"type": "number", "description": "From the page's start to its end, or until now"},
    "ended": {"type": "boolean"},
    "cut": {"type": "boolean", "description": "Some strips or events were not recorded"},
    "strips_total": {"type": "integer", "description": "Number of strips of the page; a large page is recorded only in part"},
    "strips": {"type": "array", "description": "Only if `from` is 0", "items": {
      "type": "object", "required": ["plane", "first_row", "rows", "first_column", "columns", "bytes"],
      "additionalProperties": false, "properties": {"plane": {"type": "integer"}, "first_row": {"type": "integer"},
        "rows": {"type": "integer"}, "first_column": {"type": "integer"}, "columns": {"type": "integer"},
        "bytes": {"type": "integer"}}}},
    "events": {"type": "array", "items": {"type": "object", "required": ["at", "what", "phase"],
      "additionalProperties": false, "properties": {
        "at": {"type": "number", "description": "Seconds since the start of the page"},
        "what": {"type": "string", "enum": ["phase", "ready", "sent", "done", "missed", "written", "gone"]},
        "phase": {"type": "string", "enum": ["queued", "read", "map", "reduce", "apply", "write", "done"]},
        "strip": {"type": "integer", "description": "ready: strips below this one can be read"},
        "worker": {"type": "string"},
        "kept": {"type": "boolean", "description": "sent without samples, which the worker has cached"},
        "why": {"type": "string", "enum": ["lost", "lie", "failed", "not_kept"]}}}},
    "next": {"type": "integer"}, "more": {"type": "boolean", "description": "More events are available"}}},
"Histograms": {"type": "object", "required": ["page", "pages", "bits", "planes"], "additionalProperties": false,
  "properties": {
    "page": {"type": "integer"}, "pages": {"type": "integer"}, "bits": {"type": "integer", "enum": [8, 16]},
    "planes": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["name", "before", "after", "table"], "properties": {
        "name": {"type": "string", "enum": ["luma", "gray", "red", "green", "blue"]},
        "before": {"type": "array", "items": {"type": "integer"}},
        "after": {"type": "array", "items": {"type": "integer"}},
        "table": {"type": "array", "items": {"type": "integer"}}}}}}},
"Worker": {"type": "object", "additionalProperties": false,
  "required": ["id", "peer", "dialect", "state", "threads", "strips_in_flight", "bytes_in_flight", "strips_kept",
    "bytes_kept", "bytes_per_second", "strips_merged", "bytes_merged", "connected", "last_heard"],
  "properties": {
    "id": {"type": "string"}, "peer": {"type": "string"}, "dialect": {"type": "string"},
    "state": {"type": "string", "enum": ["proving", "active", "late", "quarantined", "leaving"]},
    "threads": {"type": "integer"}, "strips_in_flight": {"type": "integer"}, "bytes_in_flight": {"type": "integer"},
    "strips_kept": {"type": "integer"}, "bytes_kept": {"type": "integer"}, "bytes_per_second": {"type": "number"},
    "strips_merged": {"type": "integer"}, "bytes_merged": {"type": "integer"},
    "connected": {"$ref": "#/components/schemas/Time"}, "last_heard": {"$ref": "#/components/schemas/Time"}}},
"Workers": {"type": "object", "required": ["workers"], "additionalProperties": false,
  "properties": {"workers": {"type": "array", "items": {"$ref": "#/components/schemas/Worker"}}}},
"Files": {"type": "object", "required": ["files"], "additionalProperties": false, "properties": {
  "files": {"type": "array", "items": {"type": "object", "additionalProperties": false,
    "required": ["name", "size", "modified", "result", "image", "detail"], "properties": {
      "name": {"type": "string"}, "size": {"type": "integer"}, "modified": {"$ref": "#/components/schemas/Time"},
      "result": {"type": ["string", "null"]}, "image": {"$ref": "#/components/schemas/ImageOrNull"},
      "detail": {"type": ["string", "null"], "description": "Why it cannot be read"}}}}}},
"Status": {"type": "object", "additionalProperties": false,
  "required": ["version", "started", "uptime_seconds", "worker_port", "workers", "jobs", "bytes_sent", "bytes_received",
    "pixels_per_second", "connections"],
  "properties": {
    "version": {"type": "string"}, "started": {"$ref": "#/components/schemas/Time"},
    "uptime_seconds": {"type": "number"},
    "worker_port": {"type": "integer", "description": "The port for workers"}, "workers": {"type": "integer"},
    "jobs": {"type": "object", "required": ["queued", "running", "done", "failed", "cancelled"],
      "additionalProperties": false, "properties": {
        "queued": {"type": "integer"}, "running": {"type": "integer"}, "done": {"type": "integer"},
        "failed": {"type": "integer"}, "cancelled": {"type": "integer"}}},
    "bytes_sent": {"type": "integer"}, "bytes_received": {"type": "integer"},
    "pixels_per_second": {"type": "number"}, "connections": {"type": "integer"}}},
"Document": {"type": "object"}
})json";

}  // namespace ece465::cluster
