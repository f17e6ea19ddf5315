"""Small files beside large ones, wherever the cluster keeps them: HDFS, OSS, S3, a disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Folder:
    """A folder of the file system that its URL names, through Hadoop's own connectors.

    Args:
        session: A running session.
        url: Such as ``hdfs:///reviews/read``, ``oss://…`` or a path.
    """

    def __init__(self, session: SparkSession, url: str) -> None:
        self._java: Any = session.sparkContext._jvm
        self.url = url.rstrip("/")
        self._files = self._path("").getFileSystem(
            session.sparkContext._jsc.hadoopConfiguration()  # type: ignore[attr-defined,unused-ignore]
        )

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a JSON file, or ``None`` if it is not there or was cut off by a kill."""
        path = self._path(name)
        if not self._files.exists(path):
            return None
        stream = self._files.open(path)
        try:
            held = bytes(self._java.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()
        try:
            found: dict[str, Any] = json.loads(held)
        except ValueError:
            return None
        return found

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file; who reads it sees the old content or the new, never half."""
        aside = self._path(f"{name}.writing")
        stream = self._files.create(aside, True)
        try:
            stream.write(json.dumps(content, ensure_ascii=False, sort_keys=True).encode("utf-8"))
        finally:
            stream.close()
        self._files.delete(self._path(name), False)
        self._files.rename(aside, self._path(name))

    def is_empty(self) -> bool:
        """Whether nothing is there yet."""
        path = self._path("")
        return not self._files.exists(path) or not len(self._files.listStatus(path))

    def _path(self, name: str) -> Any:
        return self._java.org.apache.hadoop.fs.Path(f"{self.url}/{name}" if name else self.url)
