"""Histories on shared storage that many people ask at once: Parquet files in folders, or an Iceberg catalogue of them."""
